#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "tern/core/error.h"
#include "tern/keras/callbacks.h"
#include "tern/keras/config.h"

namespace tern::keras {
namespace {

/// A number as Python prints it: the shortest digits that read back the same.
std::string python_float(double value) { return Config(value).dump(); }

class CSVLoggerImpl : public CallbackBase {
 public:
  CSVLoggerImpl(std::string filename, callbacks::CSVLoggerOptions options)
      : filename_(std::move(filename)), options_(std::move(options)) {}

  void on_train_begin(Logs&) override {
    std::error_code missing;
    write_header_ = !options_.append ||
                    std::filesystem::file_size(filename_, missing) == 0 ||
                    missing;
    file_.open(filename_, options_.append ? std::ios::app : std::ios::trunc);
    if (!file_)
      throw PermissionDeniedError("CSVLogger: cannot write ", filename_);
    columns_.clear();
  }

  void on_epoch_end(int epoch, Logs& logs) override {
    if (columns_.empty()) {
      for (const auto& [name, value] : logs) columns_.push_back(name);
      std::sort(columns_.begin(), columns_.end());
      if (write_header_) {
        file_ << "epoch";
        for (const std::string& column : columns_)
          file_ << options_.separator << column;
        file_ << "\r\n";
      }
    }
    file_ << epoch;
    for (const std::string& column : columns_) {
      file_ << options_.separator;
      if (logs.contains(column))
        file_ << python_float(std::as_const(logs)[column]);
      else
        file_ << "NA";
    }
    file_ << "\r\n" << std::flush;
  }

  void on_train_end(Logs&) override { file_.close(); }

 private:
  std::string filename_;
  callbacks::CSVLoggerOptions options_;
  bool write_header_ = true;
  std::ofstream file_;
  std::vector<std::string> columns_;
};

}  // namespace

callbacks::CSVLogger::CSVLogger(std::string filename, CSVLoggerOptions options)
    : Callback(std::make_shared<CSVLoggerImpl>(std::move(filename),
                                               std::move(options))) {}

}  // namespace tern::keras
