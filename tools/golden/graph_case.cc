#include "tools/golden/graph_case.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/io/file.h"

namespace tern::golden {
namespace {

namespace fs = std::filesystem;

bool strip_suffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.resize(text.size() - suffix.size());
  return true;
}

/// "a____b.1" or, for output 0, "a____b": slashes of names are written as four
/// underscores.
Record parse_record(std::string stem, const fs::path& file) {
  Record record;
  record.file = file;
  std::size_t dot = stem.rfind('.');
  if (dot != std::string::npos &&
      stem.find_first_not_of("0123456789", dot + 1) == std::string::npos) {
    record.output = std::stoi(stem.substr(dot + 1));
    stem.resize(dot);
  }
  constexpr std::string_view kSlash = "____";
  for (std::size_t at; (at = stem.find(kSlash)) != std::string::npos;)
    stem.replace(at, kSlash.size(), "/");
  // Some were recorded from a graph that had been imported into another.
  constexpr std::string_view kImported = "import/";
  record.node =
      stem.starts_with(kImported) ? stem.substr(kImported.size()) : stem;
  return record;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// A scalar's shape file says 0; an empty tensor has no elements either.
Shape read_shape(const Record& record, bool has_elements) {
  Shape shape;
  for (const std::string& dim :
       lines_of(io::read_bytes(record.file.string() + ".shape")))
    if (!dim.empty()) shape.append(std::stoll(dim));
  return has_elements && shape.num_elements() == 0 ? Shape() : shape;
}

/// Python's b'…' taken apart.
std::string unquote(const std::string& text) {
  if (text.size() < 3 || text[0] != 'b')
    throw DataLossError(text, ": not the bytes of a string");
  std::string bytes;
  for (std::size_t i = 2; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    char c = text[++i];
    if (c == 'x') {
      bytes += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      bytes += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
  }
  return bytes;
}

double parse_number(const std::string& text) {
  if (text == "True") return 1;
  if (text == "False") return 0;
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace

GraphCase read_graph_case(const fs::path& folder, const fs::path& root) {
  GraphCase c;
  c.folder = folder;
  c.name = fs::relative(folder, root).string();
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    if (!strip_suffix(name, ".shape")) continue;
    fs::path file = folder / name;
    if (strip_suffix(name, ".prediction_inbw"))
      c.values.push_back(parse_record(name, file));
    else if (strip_suffix(name, ".prediction"))
      c.values.push_back(parse_record(name, file));
    else if (strip_suffix(name, ".placeholder"))
      c.placeholders.push_back(parse_record(name, file));
  }
  std::sort(c.values.begin(),
            c.values.end(),
            [](const Record& a, const Record& b) { return a.file < b.file; });
  return c;
}

std::vector<fs::path> find_graph_cases(const fs::path& root) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.path().filename() == "frozen_model.pb")
      folders.push_back(entry.path().parent_path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

Shape recorded_shape(const Record& record) { return read_shape(record, false); }

bool has_values(const Record& record) {
  return fs::exists(record.file.string() + ".csv") ||
         recorded_shape(record).num_elements() == 0;
}

Tensor load(const Record& record, DType dtype) {
  fs::path csv = record.file.string() + ".csv";
  // An empty tensor may have no file of values at all.
  std::string text = fs::exists(csv) ? io::read_bytes(csv.string()) : "";
  std::vector<std::string> lines = lines_of(text);
  Shape shape = read_shape(record, !lines.empty());
  if (static_cast<std::size_t>(shape.num_elements()) != lines.size())
    throw DataLossError(csv.string(), ": ", lines.size(), " values");
  if (dtype == string) {
    std::vector<std::string> values;
    for (const std::string& line : lines) values.push_back(unquote(line));
    return Tensor(values, shape);
  }
  std::vector<double> values;
  for (const std::string& line : lines) values.push_back(parse_number(line));
  Tensor numbers(std::span<const double>(values), shape);
  return dtype == float64 ? numbers : raw<"Cast">(numbers, {{"DstT", dtype}});
}

}  // namespace tern::golden
