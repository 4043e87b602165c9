#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tern::test {

/// Writes graphs as TensorFlow 1's cond and while_loop do: values come into a
/// branch by Switch, into a loop by Enter, and constants wait for a pivot.
class V1Writer {
 public:
  struct Value {
    std::string name;
    int depth = 0;  // branches and loops it is in
    std::string dtype = "DT_FLOAT";
  };
  using Values = std::vector<Value>;

  /// The GraphDef as text.
  const std::string& text() const { return text_; }

  Value placeholder(const std::string& name);
  Value constant(double value);
  /// A node on values from anywhere; of the dtype of the result.
  Value call(const std::string& op,
             const Values& inputs,
             const std::string& dtype = "DT_FLOAT");
  /// A resource variable and what is done to it.
  Value variable(const std::string& name);
  /// Gives the node's name.
  std::string assign(const Value& variable, const Value& value);
  void assign_add(const Value& variable, const Value& value);

  Values cond(const Value& predicate,
              const std::function<Values()>& yes,
              const std::function<Values()>& no);
  Values while_loop(const Values& initial,
                    const std::function<Value(const Values&)>& condition,
                    const std::function<Values(const Values&)>& body);

 private:
  struct Context {
    bool is_loop = false;
    std::string predicate;  // in the context around
    int side = 0;
    std::string frame;
    std::string pivot;
    std::map<std::string, std::string> imported;
    std::vector<std::string> effects;
  };

  std::string fresh(const std::string& prefix);
  std::string import(const Value& value);
  void add(const std::string& name,
           const std::string& op,
           const std::string& inputs,
           const std::string& attrs);
  int depth() const { return static_cast<int>(contexts_.size()); }
  std::string waits() const;

  std::string text_;
  std::vector<Context> contexts_;
  int next_ = 0;
};

}  // namespace tern::test
