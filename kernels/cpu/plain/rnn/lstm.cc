#include "kernels/cpu/plain/rnn/lstm.h"

#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Calls body(row) for the rows of a batch.
template <class Body>
void for_rows(const Lstm& lstm, Body body) {
  parallel_for(lstm.batch,
               rows_per_piece(lstm.cells),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) body(row);
               });
}

}  // namespace

Lstm::Lstm(const KernelContext& context,
           std::int64_t batch,
           std::int64_t inputs,
           std::int64_t cells,
           GateOrder order)
    : batch(batch),
      inputs(inputs),
      cells(cells),
      cell_gate(order == GateOrder::kIcfo ? cells : 2 * cells),
      forget_gate(order == GateOrder::kIcfo ? 2 * cells : cells),
      output_gate(3 * cells),
      peephole(context.attr<bool>("use_peephole")),
      w(context, "w"),
      wci(context, "wci"),
      wcf(context, "wcf"),
      wco(context, "wco"),
      b(context, "b") {}

/// What the inputs add to the gates is one product for all steps.
void run_lstm(const Lstm& lstm,
              const LstmForward& options,
              std::int64_t steps,
              const float* x,
              const float* cs_prev,
              const float* h_prev,
              const LstmStates<float>& states) {
  const std::int64_t width = 4 * lstm.cells;
  auto from_x = float_buffer(steps * lstm.gates()),
       from_h = float_buffer(lstm.gates());
  multiply(steps * lstm.batch, width, lstm.inputs, x, lstm.w, from_x.get());
  const auto gate = kernels::rnn_gates().lstm;
  const kernels::LstmGates gates{lstm.cells,
                                 lstm.cell_gate,
                                 lstm.forget_gate,
                                 lstm.output_gate,
                                 lstm.peephole,
                                 lstm.wci,
                                 lstm.wcf,
                                 lstm.wco,
                                 lstm.b,
                                 options.forget_bias,
                                 options.clip};
  for (std::int64_t t = 0; t < steps; ++t) {
    const LstmStates<float> now = states.at(t * lstm.states());
    multiply(lstm.batch,
             width,
             lstm.cells,
             h_prev,
             lstm.recurrent_w(),
             from_h.get());
    for_rows(lstm, [&](std::int64_t row) {
      gate(gates,
           from_x.get() + t * lstm.gates() + row * width,
           from_h.get() + row * width,
           cs_prev + row * lstm.cells,
           now.at(row * lstm.cells));
    });
    cs_prev = now.cs;
    h_prev = now.h;
  }
}

void step_lstm_back(const Lstm& lstm,
                    const LstmStates<const float>& states,
                    const float* cs_prev,
                    const float* d_cs,
                    const float* d_h,
                    float* d_gates,
                    float* d_cs_prev) {
  const std::int64_t cells = lstm.cells;
  const float *wci = lstm.wci, *wcf = lstm.wcf, *wco = lstm.wco;
  const bool peephole = lstm.peephole;
  for_rows(lstm, [&](std::int64_t row) {
    const std::int64_t begin = row * cells;
    const LstmStates<const float> s = states.at(begin);
    const float *previous = cs_prev + begin, *dc = d_cs + begin,
                *dh = d_h + begin;
    float* d_i = d_gates + 4 * begin;
    float *d_c = d_i + lstm.cell_gate, *d_f = d_i + lstm.forget_gate,
          *d_o = d_i + lstm.output_gate, *d_previous = d_cs_prev + begin;
#pragma GCC ivdep
    for (std::int64_t k = 0; k < cells; ++k) {
      const float i = s.i[k], f = s.f[k], o = s.o[k], ci = s.ci[k],
                  co = s.co[k];
      const float out = o * (1 - o) * dh[k] * co;
      float state = (1 - co * co) * dh[k] * o + dc[k];
      if (peephole) state += out * wco[k];
      const float in = i * (1 - i) * state * ci;
      const float forget = f * (1 - f) * state * previous[k];
      float before = state * f;
      if (peephole) before += in * wci[k] + forget * wcf[k];
      d_i[k] = in;
      d_c[k] = (1 - ci * ci) * state * i;
      d_f[k] = forget;
      d_o[k] = out;
      d_previous[k] = before;
    }
  });
}

void add_peephole_gradients(const Lstm& lstm,
                            const float* d_gates,
                            const float* cs_prev,
                            const float* cs,
                            float* d_wci,
                            float* d_wcf,
                            float* d_wco) {
  for (std::int64_t row = 0; row < lstm.batch; ++row) {
    const float *d_i = d_gates + row * 4 * lstm.cells,
                *d_f = d_i + lstm.forget_gate, *d_o = d_i + lstm.output_gate,
                *before = cs_prev + row * lstm.cells,
                *after = cs + row * lstm.cells;
#pragma GCC ivdep
    for (std::int64_t k = 0; k < lstm.cells; ++k) {
      d_wci[k] += d_i[k] * before[k];
      d_wcf[k] += d_f[k] * before[k];
      d_wco[k] += d_o[k] * after[k];
    }
  }
}

}  // namespace tern
