#include "tern/io/csv.h"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <limits>
#include <string_view>
#include <vector>

#include "tern/core/error.h"
#include "tern/io/file.h"

namespace tern::io {
namespace {

/// Splits RFC 4180 text into rows of cells, one row at a time.
class RowReader {
 public:
  RowReader(std::string_view text, char separator, const std::string& path)
      : text_(text), separator_(separator), path_(path) {
    if (text_.starts_with("\xef\xbb\xbf")) position_ = 3;  // byte order mark
  }

  /// The next row that is not an empty line; false at the end. The cells are
  /// valid until the next call.
  bool next(std::vector<std::string_view>& cells) {
    while (position_ < text_.size() && at_line_end()) skip_line_end();
    if (position_ >= text_.size()) return false;
    cells.clear();
    unescaped_.clear();
    row_line_ = line_;
    do cells.push_back(next_cell());
    while (skip_separator());
    skip_line_end();
    return true;
  }

  /// Where the row of the last next() began, counted from 1.
  std::int64_t line() const { return row_line_; }

 private:
  bool at_line_end() const {
    return text_[position_] == '\n' ||
           (text_[position_] == '\r' && position_ + 1 < text_.size() &&
            text_[position_ + 1] == '\n');
  }

  void skip_line_end() {
    if (position_ >= text_.size()) return;
    position_ += text_[position_] == '\r' ? 2 : 1;
    ++line_;
  }

  bool skip_separator() {
    if (position_ >= text_.size() || text_[position_] != separator_)
      return false;
    ++position_;
    return true;
  }

  std::string_view next_cell() {
    if (position_ < text_.size() && text_[position_] == '"')
      return quoted_cell();
    std::size_t begin = position_;
    while (position_ < text_.size() && text_[position_] != separator_ &&
           !at_line_end())
      ++position_;
    return text_.substr(begin, position_ - begin);
  }

  /// "" inside quotes is one quote; a cell without any needs no copy.
  std::string_view quoted_cell() {
    std::size_t begin = ++position_;
    std::string* copy = nullptr;
    for (; position_ < text_.size(); ++position_) {
      if (text_[position_] == '\n') ++line_;
      if (text_[position_] != '"') continue;
      std::string_view part = text_.substr(begin, position_ - begin);
      ++position_;
      bool closed = position_ == text_.size() || text_[position_] != '"';
      if (closed && !copy) return check_closed(part);
      if (!copy) copy = &unescaped_.emplace_back();
      copy->append(part);
      if (closed) return check_closed(*copy);
      begin = position_;  // the second quote starts the next part
    }
    throw DataLossError(
        path_, ": line ", row_line_, ": a quoted cell is not closed");
  }

  std::string_view check_closed(std::string_view cell) const {
    if (position_ < text_.size() && text_[position_] != separator_ &&
        !at_line_end())
      throw DataLossError(path_,
                          ": line ",
                          line_,
                          ": '",
                          text_[position_],
                          "' follows the closing quote of a cell");
    return cell;
  }

  std::string_view text_;
  char separator_;
  const std::string& path_;
  std::size_t position_ = 0;
  std::int64_t line_ = 1;
  std::int64_t row_line_ = 1;
  std::deque<std::string> unescaped_;  // a deque: cells point into it
};

std::string_view trimmed(std::string_view cell) {
  while (!cell.empty() && cell.front() == ' ') cell.remove_prefix(1);
  while (!cell.empty() && cell.back() == ' ') cell.remove_suffix(1);
  return cell;
}

/// The cell as a number, NaN where it says that there is none; false for text.
bool parse_number(std::string_view cell, float& value) {
  cell = trimmed(cell);
  if (cell.empty() || cell == "NA" || cell == "NaN" || cell == "nan" ||
      cell == "null") {
    value = std::numeric_limits<float>::quiet_NaN();
    return true;
  }
  if (cell.front() == '+') cell.remove_prefix(1);
  const char* end = cell.data() + cell.size();
  auto [stop, error] = std::from_chars(cell.data(), end, value);
  if (error == std::errc::result_out_of_range && stop == end) {
    value = std::strtof(std::string(cell).c_str(), nullptr);  // 0 or infinity
    return true;
  }
  return error == std::errc() && stop == end;
}

struct Column {
  std::string name;
  bool is_text = false;
  std::vector<float> numbers = {};
  std::vector<std::string> texts = {};
};

std::vector<Column> read_header(RowReader& rows, const std::string& path) {
  std::vector<std::string_view> cells;
  if (!rows.next(cells))
    throw DataLossError(path, ": no line of column names: the file is empty");
  std::vector<Column> columns;
  for (std::string_view cell : cells) {
    for (const Column& column : columns)
      if (column.name == cell)
        throw InvalidArgumentError(
            path, ": two columns are named \"", cell, "\"");
    columns.push_back({.name = std::string(cell)});
  }
  return columns;
}

/// Reads numbers into every column until a cell tells that it is text.
void read_numbers(RowReader rows,
                  std::vector<Column>& columns,
                  const std::string& path) {
  std::vector<std::string_view> cells;
  while (rows.next(cells)) {
    if (cells.size() != columns.size())
      throw DataLossError(path,
                          ": line ",
                          rows.line(),
                          ": ",
                          cells.size(),
                          " cells, but there are ",
                          columns.size(),
                          " columns");
    for (std::size_t i = 0; i < cells.size(); ++i) {
      float value = 0;
      if (columns[i].is_text) continue;
      if (parse_number(cells[i], value))
        columns[i].numbers.push_back(value);
      else
        columns[i].is_text = true;
    }
  }
}

void read_texts(RowReader rows, std::vector<Column>& columns) {
  std::vector<std::string_view> cells;
  while (rows.next(cells))
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (columns[i].is_text) columns[i].texts.emplace_back(cells[i]);
}

}  // namespace

Dict read_csv(const std::string& path, const ReadCsvOptions& options) {
  if (options.sep.size() != 1 || options.sep == "\"" || options.sep == "\n")
    throw InvalidArgumentError(
        "read_csv: sep must be one character, got \"", options.sep, "\"");
  std::string text = read_bytes(path);
  RowReader rows(text, options.sep[0], path);
  std::vector<Column> columns = read_header(rows, path);
  read_numbers(rows, columns, path);
  read_texts(rows, columns);
  Dict table;
  for (Column& column : columns)
    table[column.name] =
        column.is_text ? Tensor(column.texts) : Tensor(column.numbers);
  return table;
}

}  // namespace tern::io
