// A gated recurrent unit (Cho et al., 2014): with [x, h] the inputs beside the
// previous state,
//   r = sigmoid([x, h] W_r + b_r), u = sigmoid([x, h] W_u + b_u),
//   c = tanh([x, h r] W_c + b_c), h' = u h + (1 - u) c.
// The rows of a matrix that meet x stand before those that meet h, so that its
// product is the sum of two, and nothing is put side by side.

#include <string>

#include "kernels/cpu/plain/rnn/arguments.h"
#include "kernels/cpu/rnn_gates.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

struct Sizes {
  std::int64_t batch, inputs, cells;
  std::int64_t states() const { return batch * cells; }
};

std::string wrong_rank(std::string_view input, int rank, int found) {
  return "Rank of " + std::string(input) + " must be " + std::to_string(rank) +
         ", got " + std::to_string(found);
}

/// Checks all inputs that cell and gradient share.
Sizes sizes_of(const KernelContext& context) {
  auto rank_of = [&](std::initializer_list<std::string_view> inputs, int rank) {
    check_ranks(context, inputs, rank, [&](std::string_view input, int found) {
      return wrong_rank(input, rank, found);
    });
  };
  rank_of({"x", "h_prev", "w_ru", "w_c"}, 2);
  rank_of({"b_ru", "b_c"}, 1);
  const Shape &x = shape_of(context, "x"), &h = shape_of(context, "h_prev");
  const Sizes s{x[0], x[1], h[1]};
  const std::int64_t rows = s.inputs + s.cells;
  check_dimensions(
      context,
      {{"h_prev", 0, s.batch, "h_prev.dims(0) != batch_size"},
       {"w_ru", 0, rows, "w_ru.dim_size(0) != input_size + cell_size"},
       {"w_ru", 1, s.cells * 2, "w_ru.dim_size(1) != cell_size * 2"},
       {"w_c", 0, rows, "w_c.dim_size(0) != input_size + cell_size"},
       {"w_c", 1, s.cells, "w_c.dim_size(1) != cell_size"},
       {"b_ru", 0, s.cells * 2, "b_ru.dim_size(0) != cell_size * 2"},
       {"b_c", 0, s.cells, "b_c.dim_size(0) != cell_size"}});
  return s;
}

/// Calls body(row) for the rows of the batch.
template <class Body>
void for_rows(const Sizes& s, Body body) {
  parallel_for(s.batch,
               rows_per_piece(s.cells),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) body(row);
               });
}

void gru_cell(KernelContext& context) {
  const Sizes s = sizes_of(context);
  const std::int64_t n = s.cells;
  const kernels::RnnGates& gates = kernels::rnn_gates();
  const FloatInput x(context, "x"), h_prev(context, "h_prev"),
      w_ru(context, "w_ru"), w_c(context, "w_c"), b_ru(context, "b_ru"),
      b_c(context, "b_c");
  FloatOutput r(context, 0), u(context, 1), c(context, 2), h(context, 3);
  auto from_x = float_buffer(2 * s.states()),
       from_h = float_buffer(2 * s.states()), reset = float_buffer(s.states());
  multiply(s.batch, 2 * n, s.inputs, x, w_ru, from_x.get());
  multiply(s.batch, 2 * n, n, h_prev, w_ru + s.inputs * 2 * n, from_h.get());
  for_rows(s, [&](std::int64_t row) {
    const std::int64_t at = row * n;
    gates.gru_reset(n,
                    from_x.get() + 2 * at,
                    from_h.get() + 2 * at,
                    b_ru,
                    h_prev + at,
                    r + at,
                    u + at,
                    reset.get() + at);
  });
  multiply(s.batch, n, s.inputs, x, w_c, from_x.get());
  multiply(s.batch, n, n, reset.get(), w_c + s.inputs * n, from_h.get());
  for_rows(s, [&](std::int64_t row) {
    const std::int64_t at = row * n;
    gates.gru_state(n,
                    from_x.get() + at,
                    from_h.get() + at,
                    b_c,
                    h_prev + at,
                    u + at,
                    c + at,
                    h + at);
  });
}

void gru_cell_grad(KernelContext& context) {
  const Sizes s = sizes_of(context);
  const std::int64_t n = s.cells;
  check_ranks(context,
              {"r", "u", "c", "d_h"},
              2,
              [](std::string_view input, int found) {
                return wrong_rank(input, 2, found);
              });
  check_dimensions(context,
                   {{"r", 0, s.batch, "r.dims(0) != batch_size"},
                    {"r", 1, n, "r.dims(1) != cell_size"},
                    {"u", 0, s.batch, "u.dims(0) != batch_size"},
                    {"u", 1, n, "u.dims(1) != cell_size"},
                    {"c", 0, s.batch, "c.dims(0) != batch_size"},
                    {"c", 1, n, "c.dims(1) != cell_size"},
                    {"d_h", 0, s.batch, "d_h.dims(0) != batch_size"},
                    {"d_h", 1, n, "d_h.dims(1) != cell_size"}});
  const FloatInput h_prev(context, "h_prev"), w_ru(context, "w_ru"),
      w_c(context, "w_c"), r(context, "r"), u(context, "u"), c(context, "c"),
      d_h(context, "d_h");
  FloatOutput d_x(context, 0), d_h_prev(context, 1), d_c_bar(context, 2),
      d_ru_bar(context, 3);
  auto d_reset = float_buffer(s.states()),
       d_x_from_c = float_buffer(s.batch * s.inputs);
  for_rows(s, [&](std::int64_t row) {
#pragma GCC ivdep
    for (std::int64_t k = 0; k < n; ++k) {
      const std::int64_t at = row * n + k;
      d_c_bar[at] = d_h[at] * (1 - u[at]) * (1 - c[at] * c[at]);
      d_ru_bar[2 * row * n + n + k] =
          d_h[at] * (h_prev[at] - c[at]) * u[at] * (1 - u[at]);
    }
  });
  multiply_by_transpose(
      s.batch, n, n, d_c_bar, w_c + s.inputs * n, d_reset.get());
  for_rows(s, [&](std::int64_t row) {
#pragma GCC ivdep
    for (std::int64_t k = 0; k < n; ++k) {
      const std::int64_t at = row * n + k;
      d_ru_bar[2 * row * n + k] =
          d_reset[at] * h_prev[at] * r[at] * (1 - r[at]);
    }
  });
  multiply_by_transpose(
      s.batch, n, 2 * n, d_ru_bar, w_ru + s.inputs * 2 * n, d_h_prev);
  for_rows(s, [&](std::int64_t row) {
#pragma GCC ivdep
    for (std::int64_t k = 0; k < n; ++k) {
      const std::int64_t at = row * n + k;
      d_h_prev[at] += d_reset[at] * r[at] + d_h[at] * u[at];
    }
  });
  multiply_by_transpose(s.batch, s.inputs, 2 * n, d_ru_bar, w_ru, d_x);
  multiply_by_transpose(s.batch, s.inputs, n, d_c_bar, w_c, d_x_from_c.get());
  for (std::int64_t i = 0; i < s.batch * s.inputs; ++i)
    d_x[i] += d_x_from_c[static_cast<std::size_t>(i)];
}

}  // namespace

void register_gru_kernels(KernelRegistry& registry) {
  registry.add("GRUBlockCell", {{"T", float32}}, gru_cell);
  registry.add("GRUBlockCellGrad", {{"T", float32}}, gru_cell_grad);
}

}  // namespace tern
