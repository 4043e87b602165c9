// lstm.cc: whole steps of a long short-term memory as one op, and whole
// sequences of them.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/rnn/shape_rules.h"

namespace tern {
namespace {

void infer_cell(InferContext& c) {
  const Shape states{dimension(c.with_rank(0, 2), 0),
                     dimension(c.with_rank(1, 2), 1)};
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, states);
}

void infer_cell_grad(InferContext& c) {
  const std::int64_t batch = dimension(c.with_rank(0, 2), 0),
                     cells = dimension(c.with_rank(1, 2), 1);
  c.set_output(0, Shape{batch, cells});
  c.set_output(1, Shape{batch, multiple(cells, 4)});
  for (int peephole : {2, 3, 4}) c.set_output(peephole, Shape{cells});
}

void infer_block(InferContext& c) {
  const Shape& x = c.with_rank(1, 3);
  const std::int64_t gates = dimension(c.with_rank(8, 1), 0);
  if (gates > 0 && gates % 4 != 0)
    throw InvalidArgumentError(
        "Dimension size must be evenly divisible by 4 but is ", gates);
  const Shape states{
      dimension(x, 0), dimension(x, 1), gates < 0 ? -1 : gates / 4};
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, states);
}

/// Each gradient has the shape of its input; seq_len_max has none.
void infer_block_grad(InferContext& c) {
  constexpr int kRanks[] = {3, 2, 2, 2, 1, 1, 1, 1};
  for (int i = 0; i < c.num_outputs(); ++i)
    c.set_output(i, c.with_rank(i + 1, kRanks[i]));
}

/// By cs and h alone, and for both versions the op with the first one's order
/// of gates: TensorFlow registers it so, and its results are what a model was
/// trained with. BlockLSTMGradV2 is the derivative of BlockLSTMV2.
void block_gradient(GradContext& g) {
  Tensors inputs = g.inputs();
  for (int i = 0; i < g.num_outputs(); ++i) inputs.push_back(g.output(i));
  inputs.push_back(g.dy(1));
  inputs.push_back(g.dy(6));
  Tensors gradients = raw<"BlockLSTMGrad">.outputs(
      inputs, {{"use_peephole", g.attr_value("use_peephole")}});
  for (std::size_t i = 0; i < gradients.size(); ++i)
    g.set(static_cast<int>(i) + 1, gradients[i]);
}

/// The step's inputs after x, and weights of the gates i, c, f, o.
OpBuilder& add_states_and_weights(OpBuilder& op) {
  for (const char* spec : {"x: T",
                           "cs_prev: T",
                           "h_prev: T",
                           "w: T",
                           "wci: T",
                           "wcf: T",
                           "wco: T",
                           "b: T"})
    op.input(spec);
  return op;
}

OpBuilder& add_forward_outputs(OpBuilder& op) {
  for (const char* spec :
       {"i: T", "cs: T", "f: T", "o: T", "ci: T", "co: T", "h: T"})
    op.output(spec);
  return op;
}

void add_block(OpRegistry& registry, const char* name) {
  OpBuilder op = registry.add(name);
  op.input("seq_len_max: int64").host("seq_len_max");
  add_forward_outputs(add_states_and_weights(op));
  if (name == std::string_view("BlockLSTM"))
    op.attr("forget_bias: float = 1.0").attr("cell_clip: float = 3.0");
  else
    op.attr("cell_clip: float = 0.0");
  op.attr("use_peephole: bool = false")
      .attr("T: {half, float}")
      .infer(infer_block)
      .grad(block_gradient);
}

void add_block_grad(OpRegistry& registry, const char* name) {
  OpBuilder op = registry.add(name);
  op.input("seq_len_max: int64").host("seq_len_max");
  add_states_and_weights(op);
  for (const char* spec : {"i: T",
                           "cs: T",
                           "f: T",
                           "o: T",
                           "ci: T",
                           "co: T",
                           "h: T",
                           "cs_grad: T",
                           "h_grad: T"})
    op.input(spec);
  for (const char* spec : {"x_grad: T",
                           "cs_prev_grad: T",
                           "h_prev_grad: T",
                           "w_grad: T",
                           "wci_grad: T",
                           "wcf_grad: T",
                           "wco_grad: T",
                           "b_grad: T"})
    op.output(spec);
  op.attr("use_peephole: bool")
      .attr("T: {half, float}")
      .infer(infer_block_grad);
}

}  // namespace

void register_lstm_ops(OpRegistry& registry) {
  OpBuilder cell = registry.add("LSTMBlockCell");
  add_forward_outputs(add_states_and_weights(cell))
      .attr("forget_bias: float = 1.0")
      .attr("cell_clip: float = 3.0")
      .attr("use_peephole: bool = false")
      .attr("T: {half, float}")
      .infer(infer_cell);
  OpBuilder cell_grad = registry.add("LSTMBlockCellGrad");
  add_states_and_weights(cell_grad)
      .input("i: T")
      .input("cs: T")
      .input("f: T")
      .input("o: T")
      .input("ci: T")
      .input("co: T")
      .input("cs_grad: T")
      .input("h_grad: T")
      .output("cs_prev_grad: T")
      .output("dicfo: T")
      .output("wci_grad: T")
      .output("wcf_grad: T")
      .output("wco_grad: T")
      .attr("use_peephole: bool")
      .attr("T: {half, float}")
      .infer(infer_cell_grad);
  for (const char* name : {"BlockLSTM", "BlockLSTMV2"})
    add_block(registry, name);
  for (const char* name : {"BlockLSTMGrad", "BlockLSTMGradV2"})
    add_block_grad(registry, name);
}

}  // namespace tern
