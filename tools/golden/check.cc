#include "tools/golden/check.h"

#include <algorithm>

#include "graph/graph_def/graph_def.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/io/file.h"
#include "tools/golden/compare.h"
#include "tools/golden/replay.h"

namespace tern::golden {
namespace {

using Failures = std::vector<std::string>;

std::vector<std::string> names_of(const Files& files) {
  std::vector<std::string> names;
  for (const auto& [name, file] : files) names.push_back(name);
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Feeds load_feeds(const Case& c) {
  Feeds feeds;
  for (const auto& [name, file] : c.feeds) feeds[name] = c.load(file);
  for (const auto& [name, file] : c.file_feeds)
    feeds[name] = Tensor((c.folder / file).string());
  return feeds;
}

void compare(const Case& c,
             const std::string& what,
             const Tensor& got,
             const std::string& file,
             const Tolerance& tolerance,
             Failures& failures) {
  std::string found = difference(got, c.load(file), tolerance);
  if (!found.empty()) failures.push_back(what + " " + found);
}

void compare_run(const Case& c,
                 const Files& fetches,
                 const Tensors& got,
                 const std::string& run,
                 Failures& failures) {
  for (std::size_t i = 0; i < fetches.size(); ++i) {
    const auto& [name, file] = fetches[i];
    auto differ = contains(c.sign_free, name)  ? difference_up_to_sign
                  : contains(c.set_free, name) ? difference_as_sets
                                               : difference;
    std::string found = differ(got[i], c.load(file), c.tolerance);
    if (!found.empty()) failures.push_back(run + name + " " + found);
  }
}

/// A session of the case that has run its initial nodes.
Replay start(const Case& c, const Graph& graph, const Feeds& feeds) {
  Replay session(graph);
  for (const std::string& name : c.init) session.run({}, {name}, feeds);
  return session;
}

void check_values(const Case& c, const Graph& graph, Failures& failures) {
  Feeds feeds = load_feeds(c);
  Replay session = start(c, graph, feeds);
  for (std::size_t i = 0; i < c.runs.size(); ++i) {
    const Files& fetches = c.runs[i];
    // What one run does not compare is run all the same: it may have effects.
    Tensors got = session.run(names_of(fetches), c.targets, feeds);
    compare_run(c,
                fetches,
                got,
                i == 0 ? "" : "run " + std::to_string(i + 1) + ": ",
                failures);
  }
  if (!c.ends) return;
  try {
    session.run(names_of(c.runs.front()), c.targets, feeds);
    failures.push_back("one more run should raise OutOfRange, but succeeds");
  } catch (const OutOfRangeError&) {
  }
}

Tensors load_all(const Case& c, const Files& files) {
  Tensors tensors;
  for (const auto& [name, file] : files)
    tensors.push_back(file.empty() ? Tensor() : c.load(file));
  return tensors;
}

void compare_gradients(const Case& c,
                       const std::string& what,
                       const GradientCase& gradient,
                       const Tensors& got,
                       Failures& failures) {
  for (std::size_t i = 0; i < gradient.expected.size(); ++i) {
    const auto& [name, file] = gradient.expected[i];
    std::string label = what + " of " + name;
    if (file.empty() != !got[i].defined())
      failures.push_back(label + (file.empty()
                                      ? " should be none"
                                      : " is none, but should not be"));
    else if (!file.empty())
      compare(c, label, got[i], file, gradient.tolerance, failures);
  }
}

/// The first gradients are vector-Jacobian products with the cotangents, the
/// second ones those of the first with the factors v.
void check_gradients(const Case& c, const Graph& graph, Failures& failures) {
  Feeds feeds = load_feeds(c);
  Replay session = start(c, graph, feeds);
  Tensors sources;
  for (const auto& [name, file] : c.grad->expected)
    sources.push_back(feeds.at(name));

  GradientTape outer;
  GradientTape inner;
  for (const Tensor& source : sources) {
    outer.watch(source);
    inner.watch(source);
  }
  Tensors values = session.run(names_of(c.grad->cotangents), {}, feeds);
  Tensors first = inner.gradient(
      values,
      sources,
      GradientOptions{.output_gradients = load_all(c, c.grad->cotangents)});
  compare_gradients(c, "gradient", *c.grad, first, failures);
  if (!c.grad2) return;

  Tensors targets, factors;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!first[i].defined()) continue;
    const std::string& name = c.grad->expected[i].first;
    for (const auto& [source, file] : c.grad2->v)
      if (source == name) {
        targets.push_back(first[i]);
        factors.push_back(c.load(file));
      }
  }
  Tensors second = outer.gradient(
      targets, sources, GradientOptions{.output_gradients = factors});
  compare_gradients(c, "second gradient", *c.grad2, second, failures);
}

void check_error(const Case& c,
                 const proto::GraphDef& def,
                 Failures& failures) {
  try {
    Graph graph = runnable_graph(def);
    Feeds feeds = load_feeds(c);
    start(c, graph, feeds).run(names_of(c.runs.front()), c.targets, feeds);
    failures.push_back("should raise " + c.error->code + " (" +
                       c.error->message_contains + "), but succeeds");
  } catch (const Error& error) {
    if (code_name(error.code()) != c.error->code)
      failures.push_back("should raise " + c.error->code + " (" +
                         c.error->message_contains + "), but raises " +
                         error.what());
  }
}

/// The gradients are worth a look even where a value is wrong.
template <class Check>
void collect(Failures& failures, const std::string& what, Check check) {
  try {
    check();
  } catch (const std::exception& error) {
    failures.push_back(what + error.what());
  }
}

}  // namespace

Result check(const Case& c) {
  Result result;
  collect(result.failures, "", [&] {
    std::string path = (c.folder / "graph.pb").string();
    proto::GraphDef def = parse_graph_def(io::read_bytes(path), path);
    result.missing_ops = unregistered_ops(def);
    if (!result.missing_ops.empty()) return;
    if (c.error) {
      check_error(c, def, result.failures);
      return;
    }
    Graph graph = runnable_graph(def);
    collect(
        result.failures, "", [&] { check_values(c, graph, result.failures); });
    if (c.grad)
      collect(result.failures, "gradient: ", [&] {
        check_gradients(c, graph, result.failures);
      });
  });
  return result;
}

}  // namespace tern::golden
