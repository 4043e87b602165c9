#include "ops/op_def.h"

#include <algorithm>
#include <cctype>

#include "ops/kernel.h"
#include "ops/op_spec.h"
#include "tern/core/error.h"

namespace tern {

int OpDef::find_attr(std::string_view attr) const {
  for (std::size_t i = 0; i < attrs.size(); ++i)
    if (attrs[i].name == attr) return static_cast<int>(i);
  return -1;
}

int OpDef::attr_index(std::string_view attr) const {
  int index = find_attr(attr);
  if (index < 0) throw InternalError("op ", name, " has no attr ", attr);
  return index;
}

int OpDef::input_index(std::string_view input) const {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].name == input) return static_cast<int>(i);
  throw InternalError("op ", name, " has no input ", input);
}

namespace {

// Types and numbers are resolved when the op is complete, since attrs are
// declared after the inputs that use them; until then the words wait here.
ArgDef pending_arg(std::string_view spec,
                   std::vector<AttrDef>& attrs,
                   std::string_view op) {
  ArgSpec parsed = parse_arg_spec(spec);
  ArgDef arg;
  arg.name = parsed.name;
  arg.is_ref = parsed.is_ref;
  auto attr_named = [&](const std::string& name) {
    for (std::size_t i = 0; i < attrs.size(); ++i)
      if (attrs[i].name == name) return static_cast<int>(i);
    // A placeholder that .attr() completes.
    AttrDef forward;
    forward.name = name;
    attrs.push_back(forward);
    return static_cast<int>(attrs.size()) - 1;
  };
  if (!parsed.number.empty()) arg.number_attr = attr_named(parsed.number);
  bool is_fixed = false;
  if (!parsed.type.empty() &&
      std::islower(static_cast<unsigned char>(parsed.type[0]))) {
    // Attr names such as "dtype" and "out_type" are lower case too.
    try {
      arg.type = DType::from_name(parsed.type);
      is_fixed = true;
    } catch (const Error&) {
    }
  }
  if (!is_fixed) arg.type_attr = attr_named(parsed.type);
  if (parsed.type.empty())
    throw InternalError("op ", op, ": no type in \"", spec, "\"");
  return arg;
}

}  // namespace

OpBuilder& OpBuilder::input(std::string_view spec) {
  def_.inputs.push_back(pending_arg(spec, def_.attrs, def_.name));
  return *this;
}

OpBuilder& OpBuilder::output(std::string_view spec) {
  def_.outputs.push_back(pending_arg(spec, def_.attrs, def_.name));
  def_.output_modes.push_back(OutputMode::kAllocated);
  return *this;
}

OpBuilder& OpBuilder::attr(std::string_view spec) {
  AttrDef def = parse_attr_spec(spec);
  int known = def_.find_attr(def.name);
  if (known >= 0)
    def_.attrs[static_cast<std::size_t>(known)] = std::move(def);
  else
    def_.attrs.push_back(std::move(def));
  return *this;
}

OpBuilder& OpBuilder::host(std::initializer_list<std::string_view> inputs) {
  for (std::string_view name : inputs)
    def_.inputs[static_cast<std::size_t>(def_.input_index(name))].host = true;
  return *this;
}

OpBuilder& OpBuilder::host_output(std::string_view output) {
  for (ArgDef& arg : def_.outputs)
    if (arg.name == output) arg.host = true;
  return *this;
}

OpBuilder& OpBuilder::infer(InferFunction rule) {
  def_.infer = std::move(rule);
  return *this;
}

OpBuilder& OpBuilder::grad(GradFunction rule) {
  def_.grad = std::move(rule);
  return *this;
}

OpBuilder& OpBuilder::no_grad() { return traits(kNoGradient); }

OpBuilder& OpBuilder::grad_reads(
    std::initializer_list<std::string_view> names) {
  def_.grad_keeps_input.assign(def_.inputs.size(), false);
  def_.grad_keeps_output.assign(def_.outputs.size(), false);
  auto mark = [&](const std::vector<ArgDef>& args,
                  std::vector<bool>& keeps,
                  std::string_view name) {
    for (std::size_t i = 0; i < args.size(); ++i)
      if (args[i].name == name) {
        keeps[i] = true;
        return true;
      }
    return false;
  };
  for (std::string_view name : names) {
    bool input = mark(def_.inputs, def_.grad_keeps_input, name);
    bool output = mark(def_.outputs, def_.grad_keeps_output, name);
    if (!input && !output)
      throw InternalError("op ",
                          def_.name,
                          ": grad_reads names \"",
                          name,
                          "\", which is neither input nor output");
  }
  return *this;
}

OpBuilder& OpBuilder::forward_variant(ForwardVariantFunction rule) {
  def_.forward_variant = std::move(rule);
  return *this;
}

OpBuilder& OpBuilder::decompose(DecomposeFunction rule) {
  def_.decompose = std::move(rule);
  return *this;
}

OpBuilder& OpBuilder::traits(unsigned traits) {
  def_.traits |= traits;
  return *this;
}

OpBuilder& OpBuilder::forwards(int output) {
  def_.output_modes.at(static_cast<std::size_t>(output)) =
      OutputMode::kForwards;
  return *this;
}

OpBuilder& OpBuilder::set_by_kernel(int output) {
  def_.output_modes.at(static_cast<std::size_t>(output)) =
      OutputMode::kSetByKernel;
  return *this;
}

OpBuilder& OpBuilder::all_set_by_kernel() {
  for (OutputMode& mode : def_.output_modes) mode = OutputMode::kSetByKernel;
  return *this;
}

namespace {

/// A type attr that stands for a list makes its arg heterogeneous.
void resolve_arg(const OpDef& op, ArgDef& arg) {
  if (arg.type_attr >= 0 &&
      op.attrs[static_cast<std::size_t>(arg.type_attr)].is_list) {
    arg.type_list_attr = arg.type_attr;
    arg.type_attr = -1;
  }
  if (arg.type.is_object()) arg.host = true;
}

}  // namespace

void OpBuilder::finish() {
  for (ArgDef& arg : def_.inputs) resolve_arg(def_, arg);
  for (ArgDef& arg : def_.outputs) resolve_arg(def_, arg);
  def_.fixed_arity = true;
  int position = 0;
  for (const ArgDef& arg : def_.inputs) {
    if (arg.is_variadic()) def_.fixed_arity = false;
    if (arg.type_attr >= 0) {
      AttrDef& type = def_.attrs[static_cast<std::size_t>(arg.type_attr)];
      if (type.inferred_from_input < 0 && (def_.fixed_arity || position == 0))
        type.inferred_from_input = position;
    }
    ++position;
  }
  for (const ArgDef& arg : def_.outputs)
    if (arg.is_variadic()) def_.fixed_arity = false;
  for (std::size_t i = 0; i < def_.attrs.size(); ++i)
    if (def_.attrs[i].kind == AttrKind::kType && !def_.attrs[i].is_list)
      def_.key_attrs.push_back(static_cast<int>(i));
  for (const AttrDef& attr : def_.attrs)
    if (!attr.allowed_strings.empty() || attr.has_minimum)
      def_.checks_attrs = true;
  for (const auto* args : {&def_.inputs, &def_.outputs})
    for (const ArgDef& arg : *args)
      if (arg.type.is_object()) def_.traits |= kHostOnly;
  if (def_.key_attrs.size() > 6)
    throw InternalError("op ", def_.name, " has more than 6 type attrs");
  if (!def_.infer && !def_.outputs.empty())
    throw InternalError("op ", def_.name, " has no shape rule");
}

OpBuilder OpRegistry::add(std::string_view name) {
  if (by_name_.contains(std::string(name)))
    throw InternalError("op ", name, " is registered twice");
  OpDef& def = ops_.emplace_back();
  def.name = name;
  def.id = static_cast<int>(ops_.size()) - 1;
  by_name_.emplace(def.name, &def);
  return OpBuilder(def);
}

const OpDef* OpRegistry::find(std::string_view name) const {
  auto it = by_name_.find(std::string(name));
  return it == by_name_.end() ? nullptr : it->second;
}

const OpDef& OpRegistry::get(std::string_view name) const {
  const OpDef* op = find(name);
  if (!op)
    throw NotFoundError(
        "Op type not registered '", name, "': Tern has no op of that name");
  return *op;
}

std::vector<const OpDef*> OpRegistry::all() const {
  std::vector<const OpDef*> ops;
  for (const OpDef& op : ops_) ops.push_back(&op);
  std::sort(ops.begin(), ops.end(), [](const OpDef* a, const OpDef* b) {
    return a->name < b->name;
  });
  return ops;
}

void OpRegistry::finish() {
  for (OpDef& op : ops_) {
    OpBuilder(op).finish();
    op.kernels = std::make_shared<KernelSet>();
  }
}

}  // namespace tern
