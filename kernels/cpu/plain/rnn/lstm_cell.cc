// LSTMBlockCell and its gradient: one step.

#include <string>

#include "kernels/cpu/plain/rnn/lstm.h"

namespace tern {
namespace {

void check_rank_of(const KernelContext& context,
                   std::initializer_list<std::string_view> inputs,
                   int rank) {
  check_ranks(context, inputs, rank, [&](std::string_view input, int found) {
    return std::string(input) + "_tensor must be rank " + std::to_string(rank) +
           " but is rank " + std::to_string(found) + ".";
  });
}

/// Checks all inputs that cell and gradient share.
Lstm cell_of(const KernelContext& context) {
  check_rank_of(context, {"x", "cs_prev", "h_prev", "w"}, 2);
  check_rank_of(context, {"wci", "wcf", "wco", "b"}, 1);
  const Shape &x = shape_of(context, "x"), &cs = shape_of(context, "cs_prev");
  const std::int64_t batch = x[0], inputs = x[1], cells = cs[1];
  check_dimensions(
      context,
      {{"cs_prev", 0, batch, "cs_prev.dims(0) != batch_size"},
       {"h_prev", 0, batch, "h_prev.dims(0) != batch_size"},
       {"h_prev", 1, cells, "h_prev.dims(1) != cell_size"},
       {"w", 0, inputs + cells, "w.dim_size(0) != input_size + cell_size"},
       {"w", 1, cells * 4, "w.dim_size(1) != cell_size * 4"},
       {"b", 0, cells * 4, "b.dim_size(0) != cell_size * 4"}});
  if (context.attr<bool>("use_peephole"))
    check_dimensions(context,
                     {{"wci", 0, cells, "wci.dim_size(0) != cell_size"},
                      {"wcf", 0, cells, "wcf.dim_size(0) != cell_size"},
                      {"wco", 0, cells, "wco.dim_size(0) != cell_size"}});
  return Lstm(context, batch, inputs, cells, GateOrder::kIcfo);
}

void lstm_cell(KernelContext& context) {
  const Lstm cell = cell_of(context);
  if (cell.states() == 0)
    throw InvalidArgumentError("cs_prev_tensor is empty, has shape: (",
                               cell.batch,
                               ",",
                               cell.cells,
                               ").");
  const FloatInput x(context, "x"), cs_prev(context, "cs_prev"),
      h_prev(context, "h_prev");
  FloatOutput i(context, 0), cs(context, 1), f(context, 2), o(context, 3),
      ci(context, 4), co(context, 5), h(context, 6);
  run_lstm(
      cell,
      {context.attr<float>("forget_bias"), context.attr<float>("cell_clip")},
      1,
      x,
      cs_prev,
      h_prev,
      {i, cs, f, o, ci, co, h});
}

void lstm_cell_grad(KernelContext& context) {
  const Lstm cell = cell_of(context);
  check_rank_of(
      context, {"i", "cs", "f", "o", "ci", "co", "cs_grad", "h_grad"}, 2);
  for (const char* input : {"i", "cs", "f", "o", "ci", "co"}) {
    const std::string dimension = std::string(input) + ".dim_size(";
    check_dimensions(context,
                     {{input, 0, cell.batch, dimension + "0) != batch_size"},
                      {input, 1, cell.cells, dimension + "1) != cell_size"}});
  }
  for (const char* input : {"cs_grad", "h_grad"}) {
    const std::string dimension = std::string(input) + "_tensor.dims(";
    check_dimensions(context,
                     {{input, 0, cell.batch, dimension + "0) != batch_size"},
                      {input, 1, cell.cells, dimension + "1) != cell_size"}});
  }
  const FloatInput cs_prev(context, "cs_prev"), i(context, "i"),
      cs(context, "cs"), f(context, "f"), o(context, "o"), ci(context, "ci"),
      co(context, "co"), d_cs(context, "cs_grad"), d_h(context, "h_grad");
  FloatOutput d_cs_prev(context, 0), d_gates(context, 1), d_wci(context, 2),
      d_wcf(context, 3), d_wco(context, 4);
  step_lstm_back(
      cell,
      {.i = i, .cs = cs, .f = f, .o = o, .ci = ci, .co = co, .h = nullptr},
      cs_prev,
      d_cs,
      d_h,
      d_gates,
      d_cs_prev);
  if (cell.peephole)
    add_peephole_gradients(cell, d_gates, cs_prev, cs, d_wci, d_wcf, d_wco);
}

}  // namespace

void register_lstm_cell_kernels(KernelRegistry& registry) {
  for (DType type : {float16, float32}) {
    registry.add("LSTMBlockCell", {{"T", type}}, lstm_cell);
    registry.add("LSTMBlockCellGrad", {{"T", type}}, lstm_cell_grad);
  }
}

}  // namespace tern
