// ctc.cc: connectionist temporal classification.

#include "tern/ops/ctc.h"

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// The batch size that inputs [steps, batch, classes] and lengths [batch]
/// agree on.
std::int64_t batch_of(InferContext& c, int lengths) {
  const Shape &inputs = c.with_rank(0, 3), &length = c.with_rank(lengths, 1);
  const std::int64_t a = inputs.has_rank() ? inputs[1] : -1;
  const std::int64_t b = length.has_rank() ? length[0] : -1;
  if (a >= 0 && b >= 0 && a != b)
    throw InvalidArgumentError(
        "len(sequence_length) != batch_size.  len(sequence_length):  ",
        b,
        " batch_size: ",
        a);
  return a >= 0 ? a : b;
}

void loss_shapes(InferContext& c) {
  c.with_rank(1, 2);
  c.with_rank(2, 1);
  c.set_output(0, Shape{batch_of(c, 3)});
  c.set_output(1, c.input(0));
}

void decoded_shapes(InferContext& c) {
  const std::int64_t batch = batch_of(c, 1);
  const int paths = (c.num_outputs() - 1) / 3;
  for (int p = 0; p < paths; ++p) {
    c.set_output(p, Shape{-1, 2});
    c.set_output(paths + p, Shape{-1});
    c.set_output(2 * paths + p, Shape{2});
  }
  c.set_output(3 * paths, Shape{batch, paths});
}

/// The kernel gives the gradient along with the loss.
void loss_gradient(GradContext& g) {
  Tensor scale = expand_dims(expand_dims(g.dy(), 0), -1);
  g.set(0, scale * g.output(1));
}

}  // namespace

void register_ctc_ops(OpRegistry& registry) {
  registry.add("CTCLoss")
      .input("inputs: T")
      .input("labels_indices: int64")
      .input("labels_values: int32")
      .input("sequence_length: int32")
      .output("loss: T")
      .output("gradient: T")
      .attr("preprocess_collapse_repeated: bool = false")
      .attr("ctc_merge_repeated: bool = true")
      .attr("ignore_longer_outputs_than_inputs: bool = false")
      .attr("T: {float, double} = DT_FLOAT")
      .traits(kHostOnly)
      .infer(loss_shapes)
      .grad(loss_gradient)
      .grad_reads({"gradient"});
  registry.add("CTCLossV2")
      .input("inputs: float")
      .input("labels_indices: int64")
      .input("labels_values: int32")
      .input("sequence_length: int32")
      .output("loss: float")
      .output("gradient: float")
      .attr("preprocess_collapse_repeated: bool = false")
      .attr("ctc_merge_repeated: bool = true")
      .attr("ignore_longer_outputs_than_inputs: bool = false")
      .traits(kHostOnly)
      .infer(loss_shapes)
      .grad(loss_gradient)
      .grad_reads({"gradient"});
  registry.add("CTCGreedyDecoder")
      .input("inputs: T")
      .input("sequence_length: int32")
      .output("decoded_indices: int64")
      .output("decoded_values: int64")
      .output("decoded_shape: int64")
      .output("log_probability: T")
      .attr("merge_repeated: bool = false")
      .attr("blank_index: int = -1")
      .attr("T: {float, double} = DT_FLOAT")
      .no_grad()
      .traits(kHostOnly)
      .infer(decoded_shapes)
      .all_set_by_kernel();
  registry.add("CTCBeamSearchDecoder")
      .input("inputs: T")
      .input("sequence_length: int32")
      .output("decoded_indices: top_paths * int64")
      .output("decoded_values: top_paths * int64")
      .output("decoded_shape: top_paths * int64")
      .output("log_probability: T")
      .attr("beam_width: int >= 1")
      .attr("top_paths: int >= 1")
      .attr("merge_repeated: bool = true")
      .attr("T: {float, double} = DT_FLOAT")
      .no_grad()
      .traits(kHostOnly)
      .infer(decoded_shapes)
      .all_set_by_kernel();
}

namespace nn {

Tensor ctc_loss(const SparseTensor& labels,
                const Tensor& logits,
                const Tensor& logit_length,
                CtcLossOptions options) {
  Tensor inputs = options.logits_time_major
                      ? logits
                      : transpose(logits, {.perm = {1, 0, 2}});
  return raw<"CTCLoss">.outputs(
      {inputs, labels.indices, cast(labels.values, int32), logit_length},
      {{"preprocess_collapse_repeated", options.preprocess_collapse_repeated},
       {"ctc_merge_repeated", options.ctc_merge_repeated},
       {"ignore_longer_outputs_than_inputs",
        options.ignore_longer_outputs_than_inputs}})[0];
}

CtcDecoded ctc_greedy_decoder(const Tensor& inputs,
                              const Tensor& sequence_length,
                              CtcGreedyOptions options) {
  Tensors parts = raw<"CTCGreedyDecoder">.outputs(
      {inputs, sequence_length},
      {{"merge_repeated", options.merge_repeated},
       {"blank_index", options.blank_index}});
  return {{{parts[0], parts[1], parts[2]}}, parts[3]};
}

CtcDecoded ctc_beam_search_decoder(const Tensor& inputs,
                                   const Tensor& sequence_length,
                                   CtcBeamOptions options) {
  Tensors parts = raw<"CTCBeamSearchDecoder">.outputs(
      {inputs, sequence_length},
      {{"beam_width", options.beam_width},
       {"top_paths", options.top_paths},
       {"merge_repeated", options.merge_repeated}});
  CtcDecoded result;
  const auto paths = static_cast<std::size_t>(options.top_paths);
  for (std::size_t p = 0; p < paths; ++p)
    result.decoded.push_back(
        {parts[p], parts[paths + p], parts[2 * paths + p]});
  result.log_probability = parts.back();
  return result;
}

}  // namespace nn
}  // namespace tern
