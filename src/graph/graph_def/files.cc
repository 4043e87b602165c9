// GraphDefs as bytes, as text and as files.

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>

#include <limits>

#include "graph/graph_def/graph_def.h"
#include "tern/core/error.h"
#include "tern/io/file.h"

namespace tern {
namespace {

/// Keeps the first thing that is wrong with a text.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty())
      text_ = detail::concat(
          "line ", line + 1, ", column ", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

proto::GraphDef parse_graph_def(std::string_view bytes,
                                const std::string& name) {
  // What is wrong is said by the error alone.
  google::protobuf::LogSilencer silence;
  proto::GraphDef def;
  constexpr auto kLargest =
      static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (bytes.size() > kLargest ||
      !def.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw DataLossError(
        name, ": not a GraphDef: its ", bytes.size(), " bytes do not parse");
  return def;
}

proto::GraphDef parse_text_graph_def(std::string_view text,
                                     const std::string& name) {
  // As deep as binary messages may be.
  constexpr int kMaxDepth = 100;
  proto::GraphDef def;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(kMaxDepth);
  if (!parser.ParseFromString(std::string(text), &def))
    throw DataLossError(name, ": not the text of a GraphDef: ", error.text());
  return def;
}

std::string bytes_of(const proto::GraphDef& def) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    def.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::string text_of(const proto::GraphDef& def) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(def, &text);
  return text;
}

proto::GraphDef read_graph_def(const std::string& path) {
  std::string bytes = io::read_bytes(path);
  bool is_text = path.ends_with(".pbtxt") || path.ends_with(".prototxt");
  return is_text ? parse_text_graph_def(bytes, path)
                 : parse_graph_def(bytes, path);
}

}  // namespace tern
