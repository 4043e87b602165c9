// Records of comma-separated fields (RFC 4180) to one tensor a field.

#include <string_view>
#include <vector>

#include "kernels/cpu/plain/string/number_parser.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

struct CsvFormat {
  char delimiter;
  bool quotes;
  std::string na_value;
};

/// What stands after the opening quote at `at`, "" for a quote within; moves
/// on behind the delimiter that must follow.
std::string quoted_field(std::string_view record,
                         std::size_t& at,
                         char delimiter) {
  std::string field;
  ++at;
  while (at < record.size()) {
    if (record[at] != '"') {
      field += record[at++];
      continue;
    }
    const std::size_t next = at + 1;
    if (next == record.size() || record[next] == delimiter) {
      at = next;
      return field;
    }
    if (record[next] != '"')
      throw InvalidArgumentError(
          "Quote inside a string has to be escaped by another quote");
    field += '"';
    at += 2;
  }
  throw InvalidArgumentError(
      "Quoted field has to end with quote followed by delim or end");
}

std::string plain_field(std::string_view record,
                        std::size_t& at,
                        const CsvFormat& format) {
  const std::size_t begin = at;
  for (; at < record.size() && record[at] != format.delimiter; ++at)
    if ((format.quotes && record[at] == '"') || record[at] == '\n' ||
        record[at] == '\r')
      throw InvalidArgumentError(
          "Unquoted fields cannot have quotes/CRLFs inside");
  return std::string(record.substr(begin, at - begin));
}

/// The fields `selected` (rising; all where it is empty).
std::vector<std::string> fields_of(std::string_view record,
                                   const CsvFormat& format,
                                   const std::vector<std::int64_t>& selected) {
  std::vector<std::string> fields;
  std::size_t at = 0, next = 0;
  std::int64_t column = 0;
  bool more = !record.empty();
  for (; more; ++column) {
    std::string field = format.quotes && at < record.size() && record[at] == '"'
                            ? quoted_field(record, at, format.delimiter)
                            : plain_field(record, at, format);
    more = at < record.size();
    ++at;  // the delimiter
    if (selected.empty())
      fields.push_back(std::move(field));
    else if (next < selected.size() && selected[next] == column)
      fields.push_back(std::move(field)), ++next;
  }
  return fields;
}

template <class T>
void put_field(const std::string& text,
               const Tensor& fallback,
               bool missing,
               std::size_t field,
               std::size_t record,
               Tensor& out) {
  T& to = out.data<T>()[record];
  if (missing) {
    if (fallback.num_elements() != 1)
      throw InvalidArgumentError(
          "Field ", field, " is required but missing in record ", record, "!");
    to = fallback.data<T>()[0];
  } else if constexpr (std::is_same_v<T, std::string>) {
    to = text;
  } else if (!parse_number(text, to)) {
    throw InvalidArgumentError("Field ",
                               field,
                               " in record ",
                               record,
                               " is not a valid ",
                               out.dtype().name(),
                               ": ",
                               text);
  }
}

auto putter_of(DType dtype) {
  if (dtype == float32) return put_field<float>;
  if (dtype == float64) return put_field<double>;
  if (dtype == int32) return put_field<std::int32_t>;
  if (dtype == int64) return put_field<std::int64_t>;
  return put_field<std::string>;
}

void decode_csv(KernelContext& c) {
  const std::string& delimiter = c.attr<std::string>("field_delim");
  if (delimiter.size() != 1)
    throw InvalidArgumentError("field_delim should be only 1 char");
  CsvFormat format{delimiter[0],
                   c.attr<bool>("use_quote_delim"),
                   c.attr<std::string>("na_value")};
  const auto& selected = c.attr<std::vector<std::int64_t>>("select_cols");
  const auto count = static_cast<std::size_t>(c.num_outputs());
  if (!selected.empty() && selected.size() != count)
    throw InvalidArgumentError("select_cols should match output size");
  for (std::size_t k = 0; k < selected.size(); ++k)
    if (selected[k] < 0 || (k > 0 && selected[k] <= selected[k - 1]))
      throw InvalidArgumentError(
          "select_cols should be strictly increasing indices, got ",
          selected[k],
          " at ",
          k);
  for (std::size_t k = 0; k < count; ++k) {
    const Tensor& fallback = c.input(static_cast<int>(k) + 1);
    if (fallback.num_elements() > 1)
      throw InvalidArgumentError(
          "There should only be 1 default per field but field ",
          k,
          " has ",
          fallback.num_elements());
  }
  auto records = c.in<std::string>(0);
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::vector<std::string> fields = fields_of(records[i], format, selected);
    if (fields.size() != count)
      throw InvalidArgumentError("Expect ",
                                 count,
                                 " fields but have ",
                                 fields.size(),
                                 " in record ",
                                 i);
    for (std::size_t k = 0; k < count; ++k) {
      Tensor& out = c.output(static_cast<int>(k));
      const bool missing = fields[k].empty() || fields[k] == format.na_value;
      putter_of(out.dtype())(
          fields[k], c.input(static_cast<int>(k) + 1), missing, k, i, out);
    }
  }
}

}  // namespace

void register_decode_csv_kernels(KernelRegistry& registry) {
  registry.add("DecodeCSV", {}, decode_csv);
}

}  // namespace tern
