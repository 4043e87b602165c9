// `tern graph`: the command as a user runs it.
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "graph/graph_def/graph_def.h"
#include "io/atomic_file.h"
#include "io/npy.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status;
  std::string text;  // of both streams
};

Outcome run(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome{0, ""};
  std::array<char, 4096> buffer;
  while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.text.append(buffer.data(), n);
  outcome.status = ::pclose(pipe);
  return outcome;
}

/// build/bin/tern beside this program, empty where it was not built.
std::string tern_command() {
  fs::path tern = fs::read_symlink("/proc/self/exe").parent_path() / "tern";
  if (fs::exists(tern)) return "'" + tern.string() + "'";
  std::cout << "SKIP: no " << tern << " (it needs CLI11)\n";
  return "";
}

/// A folder of its own, gone at the end.
struct Folder {
  Folder() : path(fs::temp_directory_path() / "tern_graph_command") {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  std::string file(const std::string& name) const {
    return (path / name).string();
  }
  fs::path path;
};

/// Writes the graph of a text: as text or, by the file's name, as bytes.
void write_graph(const std::string& path, const std::string& text) {
  proto::GraphDef def = parse_text_graph_def(text, "test");
  io::write_bytes(path,
                  path.ends_with(".pbtxt") ? text_of(def) : bytes_of(def));
}

/// y = -x, and z of an op that Tern lacks.
const char* const kGraph = R"(
  node { name: "in/x" op: "Placeholder"
         attr { key: "dtype" value { type: DT_FLOAT } }
         attr { key: "shape" value { shape { dim { size: -1 } } } } }
  node { name: "y" op: "Neg" input: "in/x" input: "^nothing"
         attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "z" op: "NoSuchOp" input: "y" }
  node { name: "nothing" op: "NoOp" }
  versions { producer: 27 }
)";

TEST_CASE("tern graph show lists a graph and what Tern lacks of it") {
  std::string tern = tern_command();
  if (tern.empty()) return;
  Folder folder;
  std::string text = folder.file("graph.pbtxt");
  write_graph(text, kGraph);
  Outcome shown = run(tern + " graph show " + text);
  CHECK(shown.status == 0);
  CHECK_THAT(shown.text, Catch::Contains("4 nodes, 0 functions, producer 27"));
  CHECK_THAT(shown.text,
             Catch::Contains("in/x = Placeholder() -> float32 [?]"));
  CHECK_THAT(shown.text,
             Catch::Contains("y = Neg(in/x, ^nothing) -> float32 [?]"));
  CHECK_THAT(shown.text, Catch::Contains("NoSuchOp 1  (Tern lacks it)"));
  Outcome picture = run(tern + " graph show --dot --graph " + text);
  CHECK_THAT(picture.text, Catch::Contains("n0 -> n1;"));
  CHECK_THAT(picture.text, Catch::Contains("n3 -> n1 [style=dashed];"));
}

TEST_CASE("tern graph run feeds, fetches and writes .npy files") {
  std::string tern = tern_command();
  if (tern.empty()) return;
  Folder folder;
  std::string graph = folder.file("graph.pb");
  write_graph(graph, kGraph);
  io::write_npy(folder.file("x.npy"), constant({1.0, -2.5}));
  std::string command = tern + " graph run --graph " + graph +
                        " --feed in/x=" + folder.file("x.npy");
  CHECK(run(command + " --fetch y").text ==
        "y:0 = tf.Tensor([-1.   2.5], shape=(2,), dtype=float32)\n");
  std::string out = folder.file("out");
  CHECK(
      run(command + " --fetch y --fetch in/x:0 --fetch nothing --outdir " + out)
          .text == out + "/y.npy\n" + out + "/in_x.npy\n");
  CHECK(io::read_npy(out + "/y.npy").values<float>()[1] == 2.5f);
  CHECK(io::read_npy(out + "/in_x.npy").values<float>()[1] == -2.5f);
}

TEST_CASE("tern graph says what is wrong and fails") {
  std::string tern = tern_command();
  if (tern.empty()) return;
  Folder folder;
  std::string graph = folder.file("graph.pbtxt");
  write_graph(graph, kGraph);
  auto fails_with = [&](const std::string& arguments,
                        const std::string& message) {
    Outcome outcome = run(tern + " graph " + arguments);
    INFO(outcome.text);
    CHECK(outcome.status != 0);
    CHECK_THAT(outcome.text, Catch::Contains(message));
  };
  fails_with("show " + folder.file("none.pb"), "none.pb");
  fails_with("run " + graph + " --fetch w", "'w'");
  fails_with("run " + graph + " --fetch y", "You must feed a value");
  fails_with("run " + graph + " --fetch y --feed in/x", "NAME=FILE.npy");
  fails_with("run " + graph, "--fetch");
  io::write_npy(folder.file("x.npy"), constant({1.0}));
  fails_with("run " + graph + " --fetch z --feed in/x=" + folder.file("x.npy"),
             "Op type not registered 'NoSuchOp'");
}

}  // namespace
}  // namespace tern
