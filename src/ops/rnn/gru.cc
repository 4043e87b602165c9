// gru.cc: a step of a gated recurrent unit as one op.

#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "ops/rnn/shape_rules.h"

namespace tern {
namespace {

Shape states_of(InferContext& c) {
  return {dimension(c.with_rank(0, 2), 0), dimension(c.with_rank(1, 2), 1)};
}

void infer_cell(InferContext& c) {
  const Shape states = states_of(c);
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, states);
}

void infer_cell_grad(InferContext& c) {
  const Shape states = states_of(c);
  c.set_output(0, c.input(0));
  c.set_output(1, states);
  c.set_output(2, states);
  c.set_output(3, Shape{states[0], dimension(c.with_rank(2, 2), 1)});
}

}  // namespace

void register_gru_ops(OpRegistry& registry) {
  registry.add("GRUBlockCell")
      .input("x: T")
      .input("h_prev: T")
      .input("w_ru: T")
      .input("w_c: T")
      .input("b_ru: T")
      .input("b_c: T")
      .output("r: T")
      .output("u: T")
      .output("c: T")
      .output("h: T")
      .attr("T: {float}")
      .infer(infer_cell);
  registry.add("GRUBlockCellGrad")
      .input("x: T")
      .input("h_prev: T")
      .input("w_ru: T")
      .input("w_c: T")
      .input("b_ru: T")
      .input("b_c: T")
      .input("r: T")
      .input("u: T")
      .input("c: T")
      .input("d_h: T")
      .output("d_x: T")
      .output("d_h_prev: T")
      .output("d_c_bar: T")
      .output("d_r_bar_u_bar: T")
      .attr("T: {float}")
      .infer(infer_cell_grad);
}

}  // namespace tern
