#include "keras/training/progress_bar.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

#include "tern/keras/model.h"

namespace tern::keras {
namespace {

constexpr int kBarWidth = 30;
/// A bar is redrawn at most 20 times a second.
constexpr double kMinInterval = 0.05;

std::function<double()>& clock_function() {
  static std::function<double()> clock;
  return clock;
}

double seconds_now() {
  if (clock_function()) return clock_function()();
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

template <class... T>
std::string format(const char* pattern, T... values) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

/// " 150ms/step".
std::string rate(double seconds, std::string_view unit) {
  std::string number;
  if (seconds >= 1 || seconds == 0)
    number = format(" %.0fs/", seconds);
  else if (seconds >= 1e-3)
    number = format(" %.0fms/", seconds * 1e3);
  else
    number = format(" %.0fus/", seconds * 1e6);
  return number.append(unit);
}

std::string remaining(double seconds) {
  auto whole = static_cast<long>(seconds);
  if (seconds > 3600)
    return format(
        "%ld:%02ld:%02ld", whole / 3600, whole % 3600 / 60, whole % 60);
  if (seconds > 60) return format("%ld:%02ld", whole / 60, whole % 60);
  return format("%lds", whole);
}

std::string values_text(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) {
    text += " - " + name + ":";
    text += format(std::fabs(value) > 1e-3 ? " %.4f" : " %.4e", value);
  }
  return text;
}

/// "3/40", the first number as wide as the second.
std::string count_text(std::int64_t current, std::int64_t target) {
  std::string whole = std::to_string(target), part = std::to_string(current);
  if (part.size() < whole.size())
    part.insert(0, whole.size() - part.size(), ' ');
  return part + "/" + whole;
}

}  // namespace

void utils::set_progress_clock(std::function<double()> clock) {
  clock_function() = std::move(clock);
}

ProgressBar::ProgressBar(std::int64_t target, int verbose)
    : target_(target), verbose_(verbose), start_(seconds_now()) {}

void ProgressBar::update(std::int64_t current,
                         const Logs& logs,
                         bool finalize) {
  double now = seconds_now();
  if (verbose_ == 1) {
    if (now - last_update_ < kMinInterval && !finalize) return;
    draw(current, logs, finalize, now);
  } else if (verbose_ == 2 && finalize) {
    print_line(current, logs, now);
  }
  last_update_ = now;
}

void ProgressBar::draw(std::int64_t current,
                       const Logs& logs,
                       bool finalize,
                       double now) {
  std::size_t previous = width_;
  std::string message(previous, '\b');
  message += '\r';

  std::string bar = count_text(current, target_) + " [";
  auto filled = static_cast<std::size_t>(kBarWidth * current / target_);
  if (filled > 0) {
    bar.append(filled - 1, '=');
    bar += current < target_ ? '>' : '=';
  }
  bar.append(kBarWidth - filled, '.');
  bar += ']';

  double step = seconds_per_step(current, now);
  std::string info =
      finalize ? format(" - %.0fs", now - start_) + rate(step, "step")
               : " - ETA: " +
                     remaining(step * static_cast<double>(target_ - current));
  info += values_text(logs);
  width_ = bar.size() + info.size();
  // Blanks wipe out what a longer bar left behind.
  if (previous > width_) info.append(previous - width_, ' ');
  if (finalize) info += '\n';
  std::cout << message << bar << info << std::flush;
}

void ProgressBar::print_line(std::int64_t current,
                             const Logs& logs,
                             double now) {
  double epoch = now - start_;
  std::cout << count_text(current, target_) << format(" - %.0fs", now - start_)
            << values_text(logs) << " -" << rate(epoch, "epoch") << " -"
            << rate(epoch / static_cast<double>(target_), "step") << '\n'
            << std::flush;
}

double ProgressBar::seconds_per_step(std::int64_t current, double now) {
  if (current == 0) return 0;
  // The first step is slower than the others: it traces and fills caches.
  double seconds =
      after_first_step_ && current > 1
          ? (now - *after_first_step_) / static_cast<double>(current - 1)
          : (now - start_) / static_cast<double>(current);
  if (current == 1) after_first_step_ = now;
  return seconds;
}

}  // namespace tern::keras
