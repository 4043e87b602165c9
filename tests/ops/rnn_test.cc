// Steps and sequences of recurrent networks as one op, against the same steps
// written with public ops.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;

constexpr int kSteps = 3, kBatch = 2, kInputs = 3, kCells = 5;

Tensor numbers(const Shape& shape, int seed) {
  return random::stateless_uniform(shape,
                                   Tensor(std::vector<int>{seed, 1}),
                                   {.minval = -1.0, .maxval = 1.0});
}

void check_close(const Tensor& got, const Tensor& wanted) {
  REQUIRE(got.shape() == wanted.shape());
  auto a = got.values<float>(), b = wanted.values<float>();
  for (std::size_t i = 0; i < a.size(); ++i)
    CHECK(a[i] == Approx(b[i]).epsilon(1e-4).margin(1e-5));
}

/// x, cs_prev, h_prev, w, wci, wcf, wco, b.
Tensors lstm_inputs() {
  return {numbers({kSteps, kBatch, kInputs}, 1),
          numbers({kBatch, kCells}, 2),
          numbers({kBatch, kCells}, 3),
          numbers({kInputs + kCells, 4 * kCells}, 4),
          numbers({kCells}, 5),
          numbers({kCells}, 6),
          numbers({kCells}, 7),
          numbers({4 * kCells}, 8)};
}

Tensors with_length(std::int64_t length, const Tensors& inputs) {
  Tensors result{Tensor(length)};
  result.insert(result.end(), inputs.begin(), inputs.end());
  return result;
}

struct Sequence {
  Tensors i, cs, f, o, ci, co, h;
  std::vector<Tensor> stacked() const {
    Tensors result;
    for (const Tensors* steps : {&i, &cs, &f, &o, &ci, &co, &h})
      result.push_back(stack(*steps));
    return result;
  }
};

/// With peepholes; the cell input stands in column block `cell`.
Sequence lstm_steps(const Tensors& in, std::size_t cell, float forget_bias) {
  Sequence s;
  Tensor cs = in[1], h = in[2];
  for (const Tensor& x : unstack(in[0])) {
    Tensors gates =
        split(matmul(concat({x, h}, 1), in[3]) + in[7], 4, {.axis = 1});
    s.i.push_back(math::sigmoid(gates[0] + cs * in[4]));
    s.f.push_back(math::sigmoid(gates[3 - cell] + forget_bias + cs * in[5]));
    s.ci.push_back(math::tanh(gates[cell]));
    cs = s.i.back() * s.ci.back() + s.f.back() * cs;
    s.cs.push_back(cs);
    s.co.push_back(math::tanh(cs));
    s.o.push_back(math::sigmoid(gates[3] + cs * in[6]));
    h = s.o.back() * s.co.back();
    s.h.push_back(h);
  }
  return s;
}

/// Gradients of sum(d_cs cs) + sum(d_h h) by the inputs.
Tensors gradients_of_steps(const Tensors& in,
                           std::size_t cell,
                           float forget_bias,
                           const Tensor& d_cs,
                           const Tensor& d_h) {
  GradientTape tape;
  for (const Tensor& input : in) tape.watch(input);
  Sequence s = lstm_steps(in, cell, forget_bias);
  return tape.gradient(
      {stack(s.cs), stack(s.h)}, in, {.output_gradients = {d_cs, d_h}});
}

TEST_CASE(
    "BlockLSTM runs the steps of a sequence, gates in the order i c f o") {
  Tensors in = lstm_inputs();
  Tensors got = raw<"BlockLSTM">.outputs(
      with_length(kSteps, in),
      {{"forget_bias", 0.5f}, {"cell_clip", 0.0f}, {"use_peephole", true}});
  Tensors wanted = lstm_steps(in, 1, 0.5f).stacked();
  for (std::size_t k = 0; k < wanted.size(); ++k)
    check_close(got[k], wanted[k]);
}

TEST_CASE("BlockLSTMV2 has its gates in the order i f c o and no forget bias") {
  Tensors in = lstm_inputs();
  Tensors got = raw<"BlockLSTMV2">.outputs(with_length(kSteps, in),
                                           {{"use_peephole", true}});
  Tensors wanted = lstm_steps(in, 2, 0).stacked();
  for (std::size_t k = 0; k < wanted.size(); ++k)
    check_close(got[k], wanted[k]);
}

TEST_CASE("The gradient of BlockLSTM is that of its steps") {
  Tensors in = lstm_inputs();
  const Shape shape{kSteps, kBatch, kCells};
  Tensor d_cs = numbers(shape, 9), d_h = numbers(shape, 10);
  GradientTape tape;
  for (const Tensor& input : in) tape.watch(input);
  Tensors out = raw<"BlockLSTM">.outputs(
      with_length(kSteps, in), {{"cell_clip", 0.0f}, {"use_peephole", true}});
  Tensors got =
      tape.gradient({out[1], out[6]}, in, {.output_gradients = {d_cs, d_h}});
  Tensors wanted = gradients_of_steps(in, 1, 1, d_cs, d_h);
  for (std::size_t k = 0; k < in.size(); ++k) check_close(got[k], wanted[k]);
}

TEST_CASE("BlockLSTMGradV2 is the derivative of BlockLSTMV2's steps") {
  Tensors in = lstm_inputs();
  const Shape shape{kSteps, kBatch, kCells};
  Tensor d_cs = numbers(shape, 9), d_h = numbers(shape, 10);
  Tensors arguments = with_length(kSteps, in);
  for (const Tensor& states : lstm_steps(in, 2, 0).stacked())
    arguments.push_back(states);
  arguments.push_back(d_cs);
  arguments.push_back(d_h);
  Tensors got =
      raw<"BlockLSTMGradV2">.outputs(arguments, {{"use_peephole", true}});
  Tensors wanted = gradients_of_steps(in, 2, 0, d_cs, d_h);
  for (std::size_t k = 0; k < in.size(); ++k) check_close(got[k], wanted[k]);
}

TEST_CASE(
    "A tape gives for BlockLSTMV2 what TensorFlow registers: "
    "BlockLSTMGrad") {
  Tensors in = lstm_inputs(), arguments = with_length(kSteps, in);
  GradientTape tape;
  for (const Tensor& input : in) tape.watch(input);
  Tensors out = raw<"BlockLSTMV2">.outputs(arguments);
  Tensors got = tape.gradient({out[6]}, in);
  arguments.insert(arguments.end(), out.begin(), out.end());
  arguments.push_back(zeros_like(out[1]));
  arguments.push_back(ones_like(out[6]));
  Tensors wanted =
      raw<"BlockLSTMGrad">.outputs(arguments, {{"use_peephole", false}});
  for (std::size_t k = 0; k < in.size(); ++k) check_close(got[k], wanted[k]);
}

TEST_CASE("BlockLSTM leaves 0 for the steps from seq_len_max on") {
  Tensors in = lstm_inputs();
  Tensors all = raw<"BlockLSTM">.outputs(with_length(kSteps, in));
  Tensors two = raw<"BlockLSTM">.outputs(with_length(2, in));
  for (std::size_t k = 0; k < all.size(); ++k) {
    Tensors whole = unstack(all[k]), cut = unstack(two[k]);
    check_close(cut[1], whole[1]);
    check_close(cut[2], zeros_like(cut[2]));
  }
}

TEST_CASE("LSTMBlockCell clips its state, BlockLSTM likewise") {
  Tensors in = lstm_inputs();
  in[0] = unstack(in[0])[0];
  in[1] = in[1] * 10.0f;
  Tensors cell = raw<"LSTMBlockCell">.outputs(in, {{"cell_clip", 0.25f}});
  Tensors free = raw<"LSTMBlockCell">.outputs(in, {{"cell_clip", -1.0f}});
  check_close(cell[1], math::minimum(math::maximum(free[1], -0.25f), 0.25f));
  check_close(cell[6], cell[3] * math::tanh(cell[1]));
  in[0] = expand_dims(in[0], 0);
  Tensors block =
      raw<"BlockLSTM">.outputs(with_length(1, in), {{"cell_clip", 0.25f}});
  for (std::size_t k = 0; k < cell.size(); ++k)
    check_close(unstack(block[k])[0], cell[k]);
}

TEST_CASE("LSTMBlockCellGrad is the derivative of a step") {
  Tensors in = lstm_inputs();
  in[0] = slice(in[0], Tensor{0, 0, 0}, Tensor{1, -1, -1});
  const Shape shape{1, kBatch, kCells};
  Tensor d_cs = numbers(shape, 9), d_h = numbers(shape, 10);
  Tensors wanted = gradients_of_steps(in, 1, 1, d_cs, d_h);
  Sequence s = lstm_steps(in, 1, 1);
  in[0] = unstack(in[0])[0];
  for (const Tensors* states : {&s.i, &s.cs, &s.f, &s.o, &s.ci, &s.co})
    in.push_back((*states)[0]);
  in.push_back(unstack(d_cs)[0]);
  in.push_back(unstack(d_h)[0]);
  Tensors got = raw<"LSTMBlockCellGrad">.outputs(in, {{"use_peephole", true}});
  check_close(got[0], wanted[1]);
  check_close(math::reduce_sum(got[1], {.axis = 0}), wanted[7]);
  for (std::size_t k : {2, 3, 4}) check_close(got[k], wanted[k + 2]);
}

TEST_CASE(
    "GRUBlockCell is a step of a gated recurrent unit, and "
    "GRUBlockCellGrad its derivative") {
  Tensors in{numbers({kBatch, kInputs}, 1),
             numbers({kBatch, kCells}, 2),
             numbers({kInputs + kCells, 2 * kCells}, 3),
             numbers({kInputs + kCells, kCells}, 4),
             numbers({2 * kCells}, 5),
             numbers({kCells}, 6)};
  Tensor d_h = numbers({kBatch, kCells}, 7);
  GradientTape tape;
  for (const Tensor& input : in) tape.watch(input);
  Tensors ru =
      split(math::sigmoid(matmul(concat({in[0], in[1]}, 1), in[2]) + in[4]),
            2,
            {.axis = 1});
  Tensor c =
      math::tanh(matmul(concat({in[0], in[1] * ru[0]}, 1), in[3]) + in[5]);
  Tensor h = ru[1] * in[1] + (1.0f - ru[1]) * c;
  Tensors wanted = tape.gradient({h}, in, {.output_gradients = {d_h}});
  Tensors got = raw<"GRUBlockCell">.outputs(in);
  check_close(got[0], ru[0]);
  check_close(got[1], ru[1]);
  check_close(got[2], c);
  check_close(got[3], h);
  for (const Tensor& state : {ru[0], ru[1], c, d_h}) in.push_back(state);
  Tensors gradients = raw<"GRUBlockCellGrad">.outputs(in);
  check_close(gradients[0], wanted[0]);
  check_close(gradients[1], wanted[1]);
  check_close(math::reduce_sum(gradients[2], {.axis = 0}), wanted[5]);
  check_close(math::reduce_sum(gradients[3], {.axis = 0}), wanted[4]);
}

TEST_CASE("Recurrent ops tell which size does not fit") {
  Tensors in = lstm_inputs();
  auto block = [&](std::int64_t length, std::size_t which, const Shape& shape) {
    Tensors wrong = in;
    wrong[which] = zeros(shape);
    return raw<"BlockLSTM">.outputs(with_length(length, wrong));
  };
  CHECK_THROWS_WITH(block(kSteps, 4, {6}),
                    Contains("wci.dim_size(0) != cell_size: 6 vs. 5"));
  CHECK_THROWS_WITH(
      block(kSteps, 3, {7, 20}),
      Contains("w.dim_size(0) != input_size + cell_size: 7 vs. 8"));
  CHECK_THROWS_WITH(block(kSteps, 1, {3, 5}),
                    Contains("cs_prev.dims(0) != batch_size: 3 vs. 2"));
  CHECK_THROWS_WITH(block(kSteps, 2, {2}), Contains("h_prev must be 2D"));
  CHECK_THROWS_WITH(block(4, 4, {5}),
                    Contains("seq_len_max must be between 0 and 3 but is 4"));
  Tensors cell = in;
  cell[0] = zeros({0, kInputs});
  cell[1] = cell[2] = zeros({0, kCells});
  CHECK_THROWS_WITH(raw<"LSTMBlockCell">.outputs(cell),
                    Contains("cs_prev_tensor is empty, has shape: (0,5)."));
}

}  // namespace
}  // namespace tern
