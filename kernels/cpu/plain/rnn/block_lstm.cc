// BlockLSTM and its gradient: the steps of a sequence. Those from seq_len_max
// on are not run; all of theirs is 0.

#include <algorithm>
#include <string>

#include "kernels/cpu/plain/rnn/lstm.h"

namespace tern {
namespace {

/// The steps to run, of x [steps, batch, inputs].
std::int64_t steps_of(const KernelContext& context) {
  const int rank = shape_of(context, "seq_len_max").rank();
  if (rank != 0)
    throw InvalidArgumentError(
        "`seq_len_max_tensor` must be rank 0 but is rank ", rank);
  const std::int64_t steps = context.host_int(0);
  const std::int64_t most = shape_of(context, "x")[0];
  if (steps < 0 || steps > most)
    throw InvalidArgumentError(
        "seq_len_max must be between 0 and ", most, " but is ", steps);
  return steps;
}

Lstm block_of(const KernelContext& context, GateOrder order) {
  auto rank_of = [&](std::initializer_list<std::string_view> inputs, int rank) {
    check_ranks(context, inputs, rank, [&](std::string_view input, int) {
      return std::string(input) + " must be " + std::to_string(rank) + "D";
    });
  };
  rank_of({"x"}, 3);
  rank_of({"cs_prev", "h_prev", "w"}, 2);
  rank_of({"wci", "wcf", "wco", "b"}, 1);
  const Shape &x = shape_of(context, "x"), &cs = shape_of(context, "cs_prev");
  const std::int64_t batch = x[1], inputs = x[2], cells = cs[1];
  check_dimensions(
      context,
      {{"cs_prev", 0, batch, "cs_prev.dims(0) != batch_size"},
       {"h_prev", 0, batch, "h_prev.dims(0) != batch_size"},
       {"h_prev", 1, cells, "h_prev.dims(1) != cell_size"},
       {"w", 0, inputs + cells, "w.dim_size(0) != input_size + cell_size"},
       {"w", 1, cells * 4, "w.dim_size(1) != cell_size * 4"},
       {"wci", 0, cells, "wci.dim_size(0) != cell_size"},
       {"wcf", 0, cells, "wcf.dim_size(0) != cell_size"},
       {"wco", 0, cells, "wco.dim_size(0) != cell_size"},
       {"b", 0, cells * 4, "b.dim_size(0) != cell_size * 4"}});
  return Lstm(context, batch, inputs, cells, order);
}

template <GateOrder order>
void block_lstm(KernelContext& context) {
  const std::int64_t steps = steps_of(context);
  const Lstm lstm = block_of(context, order);
  LstmForward options{.clip = context.attr<float>("cell_clip")};
  if (context.op().find_attr("forget_bias") >= 0)
    options.forget_bias = context.attr<float>("forget_bias");
  const FloatInput x(context, "x"), cs_prev(context, "cs_prev"),
      h_prev(context, "h_prev");
  FloatOutput i(context, 0), cs(context, 1), f(context, 2), o(context, 3),
      ci(context, 4), co(context, 5), h(context, 6);
  run_lstm(lstm, options, steps, x, cs_prev, h_prev, {i, cs, f, o, ci, co, h});
}

/// Checks what the shape rule does not.
Lstm block_of_grad(const KernelContext& context, GateOrder order) {
  const Shape &x = shape_of(context, "x"), &w = shape_of(context, "w"),
              &b = shape_of(context, "b");
  if (w[1] <= 0 || w[1] % 4 != 0)
    throw InvalidArgumentError(
        "w matrix columns must be a positive multiple of 4, but got ", w[1]);
  const std::int64_t steps = x[0], batch = x[1], inputs = x[2],
                     cells = w[1] / 4;
  if (inputs + cells != w[0])
    throw InvalidArgumentError(
        "w matrix rows don't match: ", inputs + cells, " vs. ", w[0]);
  if (b[0] != w[1])
    throw InvalidArgumentError(
        "w and b cell_size don't match: ", cells, " vs. ", b[0]);
  check_dimensions(context,
                   {{"cs_prev", 0, batch, "cs_prev.dims(0) != batch_size"},
                    {"cs_prev", 1, cells, "cs_prev.dims(1) != cell_size"},
                    {"h_prev", 0, batch, "h_prev.dims(0) != batch_size"},
                    {"h_prev", 1, cells, "h_prev.dims(1) != cell_size"},
                    {"wci", 0, cells, "wci.dim_size(0) != cell_size"},
                    {"wcf", 0, cells, "wcf.dim_size(0) != cell_size"},
                    {"wco", 0, cells, "wco.dim_size(0) != cell_size"}});
  for (const char* input :
       {"i", "cs", "f", "o", "ci", "co", "h", "cs_grad", "h_grad"}) {
    check_ranks(context, {input}, 3, [](std::string_view name, int found) {
      return std::string(name) +
             " must be rank 3. Received: " + std::to_string(found);
    });
    const std::string dimension = std::string(input) + ".dim_size(";
    check_dimensions(context,
                     {{input, 0, steps, dimension + "0) != timelen"},
                      {input, 1, batch, dimension + "1) != batch_size"},
                      {input, 2, cells, dimension + "2) != cell_size"}});
  }
  return Lstm(context, batch, inputs, cells, order);
}

/// Goes back step by step for the gates' gradients; what follows from them is
/// one product for all steps.
template <GateOrder order>
void block_lstm_grad(KernelContext& context) {
  const std::int64_t steps = steps_of(context);
  const Lstm lstm = block_of_grad(context, order);
  const FloatInput x(context, "x"), cs_prev(context, "cs_prev"),
      h_prev(context, "h_prev"), i(context, "i"), cs(context, "cs"),
      f(context, "f"), o(context, "o"), ci(context, "ci"), co(context, "co"),
      h(context, "h"), cs_grad(context, "cs_grad"), h_grad(context, "h_grad");
  FloatOutput d_x(context, 0), d_cs_prev(context, 1), d_h_prev(context, 2),
      d_w(context, 3), d_wci(context, 4), d_wcf(context, 5), d_wco(context, 6),
      d_b(context, 7);
  if (steps == 0) return;
  const std::int64_t states = lstm.states(), width = 4 * lstm.cells,
                     rows = steps * lstm.batch;
  const LstmStates<const float> all{i, cs, f, o, ci, co, h};
  auto d_gates = float_buffer(steps * lstm.gates());
  auto add = [&](const float* gradient, float* sum) {
    for (std::int64_t k = 0; k < states; ++k) sum[k] += gradient[k];
  };
  for (std::int64_t t = steps - 1; t >= 0; --t) {
    const std::int64_t now = t * states;
    const float* cs_before = t == 0 ? cs_prev : cs + (now - states);
    float* gates = d_gates.get() + t * lstm.gates();
    add(cs_grad + now, d_cs_prev);
    add(h_grad + now, d_h_prev);
    step_lstm_back(
        lstm, all.at(now), cs_before, d_cs_prev, d_h_prev, gates, d_cs_prev);
    multiply_by_transpose(
        lstm.batch, lstm.cells, width, gates, lstm.recurrent_w(), d_h_prev);
    if (lstm.peephole)
      add_peephole_gradients(
          lstm, gates, cs_before, cs + now, d_wci, d_wcf, d_wco);
  }
  multiply_by_transpose(rows, lstm.inputs, width, d_gates.get(), lstm.w, d_x);
  multiply_transpose(lstm.inputs, width, rows, x, d_gates.get(), d_w);
  auto before = float_buffer(steps * states);
  std::copy_n(static_cast<const float*>(h_prev), states, before.get());
  std::copy_n(static_cast<const float*>(h),
              (steps - 1) * states,
              before.get() + states);
  multiply_transpose(lstm.cells,
                     width,
                     rows,
                     before.get(),
                     d_gates.get(),
                     d_w + lstm.inputs * width);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t k = 0; k < width; ++k)
      d_b[k] += d_gates[static_cast<std::size_t>(row * width + k)];
}

}  // namespace

void register_block_lstm_kernels(KernelRegistry& registry) {
  using enum GateOrder;
  for (DType type : {float16, float32}) {
    registry.add("BlockLSTM", {{"T", type}}, block_lstm<kIcfo>);
    registry.add("BlockLSTMV2", {{"T", type}}, block_lstm<kIfco>);
    registry.add("BlockLSTMGrad", {{"T", type}}, block_lstm_grad<kIcfo>);
    registry.add("BlockLSTMGradV2", {{"T", type}}, block_lstm_grad<kIfco>);
  }
}

}  // namespace tern
