#include "tests/graph/v1/v1_writer.h"

#include "tests/graph/v1/graph_text.h"

namespace tern::test {
namespace {

std::string entry(const std::string& dtype,
                  const std::string& frame,
                  bool is_constant) {
  return type(dtype) + "attr { key: 'frame_name' value { s: '" + frame +
         "' } } attr { key: 'is_constant' value { b: " +
         (is_constant ? "true" : "false") + " } }";
}

}  // namespace

std::string V1Writer::fresh(const std::string& prefix) {
  return prefix + "_" + std::to_string(next_++);
}

void V1Writer::add(const std::string& name,
                   const std::string& op,
                   const std::string& inputs,
                   const std::string& attrs) {
  text_ += node(name, op, inputs, attrs);
}

/// The value in the innermost branch or loop.
std::string V1Writer::import(const Value& value) {
  std::string name = value.name;
  for (int d = value.depth; d < depth(); ++d) {
    Context& context = contexts_[static_cast<std::size_t>(d)];
    auto [known, is_new] = context.imported.try_emplace(name);
    if (is_new && context.is_loop) {
      known->second = fresh("enter");
      add(known->second,
          "Enter",
          name,
          entry(value.dtype, context.frame, true));
    } else if (is_new) {
      std::string into = fresh("switch");
      add(into, "Switch", name + " " + context.predicate, type(value.dtype));
      known->second = into + ":" + std::to_string(context.side);
    }
    name = known->second;
  }
  return name;
}

std::string V1Writer::waits() const {
  return contexts_.empty() ? "" : " ^" + contexts_.back().pivot;
}

V1Writer::Value V1Writer::placeholder(const std::string& name) {
  text_ += placeholder_node(name);
  return {name, 0};
}

V1Writer::Value V1Writer::constant(double value) {
  std::string name = fresh("const");
  text_ += constant_node(name, std::to_string(value), waits());
  return {name, depth()};
}

V1Writer::Value V1Writer::call(const std::string& op,
                               const Values& inputs,
                               const std::string& dtype) {
  std::string names;
  for (const Value& input : inputs) names += import(input) + " ";
  std::string name = fresh(op);
  add(name, op, names, type(inputs[0].dtype));
  return {name, depth(), dtype};
}

V1Writer::Value V1Writer::variable(const std::string& name) {
  add(name,
      "VarHandleOp",
      "",
      floats("dtype") + "attr { key: 'shape' value { shape {} } }");
  return {name, 0, "DT_RESOURCE"};
}

std::string V1Writer::assign(const Value& variable, const Value& value) {
  std::string name = fresh("assign");
  add(name,
      "AssignVariableOp",
      import(variable) + " " + import(value),
      floats("dtype"));
  return name;
}

void V1Writer::assign_add(const Value& variable, const Value& value) {
  std::string name = fresh("assign_add");
  add(name,
      "AssignAddVariableOp",
      import(variable) + " " + import(value),
      floats("dtype"));
  if (!contexts_.empty()) contexts_.back().effects.push_back(name);
}

V1Writer::Values V1Writer::cond(const Value& predicate,
                                const std::function<Values()>& yes,
                                const std::function<Values()>& no) {
  std::string decides = import(predicate);
  std::string pivots = fresh("pivots");
  add(pivots, "Switch", decides + " " + decides, type("DT_BOOL"));
  std::vector<std::string> results[2];
  Values shape;
  for (int side : {1, 0}) {
    Context& context = contexts_.emplace_back();
    context.predicate = decides;
    context.side = side;
    context.pivot = fresh("pivot");
    add(context.pivot,
        "Identity",
        pivots + ":" + std::to_string(side),
        type("DT_BOOL"));
    Values values = side == 1 ? yes() : no();
    std::string effects;
    for (const std::string& effect : contexts_.back().effects)
      effects += " ^" + effect;
    for (const Value& value : values) {
      std::string name = fresh("result");
      add(name, "Identity", import(value) + effects, type(value.dtype));
      results[side].push_back(name);
    }
    contexts_.pop_back();
    shape = values;
  }
  Values merged;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::string name = fresh("merge");
    add(name,
        "Merge",
        results[0][i] + " " + results[1][i],
        type(shape[i].dtype) + "attr { key: 'N' value { i: 2 } }");
    merged.push_back({name, depth(), shape[i].dtype});
  }
  if (!contexts_.empty() && !merged.empty())
    contexts_.back().effects.push_back(merged[0].name);
  return merged;
}

V1Writer::Values V1Writer::while_loop(
    const Values& initial,
    const std::function<Value(const Values&)>& condition,
    const std::function<Values(const Values&)>& body) {
  std::string frame_name = fresh("frame");
  std::vector<std::string> enters, merges, nexts;
  for (const Value& value : initial) {
    std::string from = import(value);
    enters.push_back(fresh("enter"));
    add(enters.back(), "Enter", from, entry(value.dtype, frame_name, false));
  }
  Context& context = contexts_.emplace_back();
  context.is_loop = true;
  context.frame = frame_name;
  Values variables;
  for (std::size_t i = 0; i < initial.size(); ++i) {
    merges.push_back(fresh("loop_merge"));
    nexts.push_back(fresh("next"));
    add(merges[i],
        "Merge",
        enters[i] + " " + nexts[i],
        type(initial[i].dtype) + "attr { key: 'N' value { i: 2 } }");
    variables.push_back({merges[i], depth(), initial[i].dtype});
  }
  context.pivot = merges[0];
  std::string loop_cond = fresh("loop_cond");
  add(loop_cond, "LoopCond", import(condition(variables)), "");
  std::vector<std::string> switches;
  for (std::size_t i = 0; i < initial.size(); ++i) {
    switches.push_back(fresh("loop_switch"));
    add(switches[i],
        "Switch",
        merges[i] + " " + loop_cond,
        type(initial[i].dtype));
    std::string inside = fresh("body");
    add(inside, "Identity", switches[i] + ":1", type(initial[i].dtype));
    variables[i].name = inside;
  }
  contexts_.back().pivot = variables[0].name;
  Values results = body(variables);
  std::string effects;
  for (const std::string& effect : contexts_.back().effects)
    effects += " ^" + effect;
  for (std::size_t i = 0; i < initial.size(); ++i) {
    // Only behind the condition, also where it is a value from outside.
    std::string name = fresh("after");
    add(name,
        "Identity",
        import(results[i]) + waits() + effects,
        type(initial[i].dtype));
    add(nexts[i], "NextIteration", name, type(initial[i].dtype));
  }
  contexts_.pop_back();
  Values exits;
  for (std::size_t i = 0; i < initial.size(); ++i) {
    std::string name = fresh("exit");
    add(name, "Exit", switches[i], type(initial[i].dtype));
    exits.push_back({name, depth(), initial[i].dtype});
  }
  if (!contexts_.empty()) contexts_.back().effects.push_back(exits[0].name);
  return exits;
}

}  // namespace tern::test
