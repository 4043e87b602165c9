#pragma once

#include <string>

#include "tern/core/nest.h"

namespace tern::io {

struct ReadCsvOptions {
  std::string sep = ",";
};

/// The columns of a CSV file by the names of its first line, in file order,
/// each a tensor of shape [rows]. A column of numbers becomes float32 with NaN
/// where a cell is empty, NA, NaN or null; any other column becomes strings
/// with "" where a cell is empty. Cells may be quoted ("" stands for a quote)
/// and then hold separators and line ends; lines end with LF or CRLF, empty
/// lines are skipped, and a byte order mark is ignored.
///   Dict table = io::read_csv("covid-19.csv", {.sep = "\t"});
/// Throws NotFoundError for a missing file, InvalidArgumentError for a
/// separator that is not one character or a repeated column name, and
/// DataLossError for a row with too many or too few cells or an open quote.
Dict read_csv(const std::string& path, const ReadCsvOptions& options = {});

}  // namespace tern::io
