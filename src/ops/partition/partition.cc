// partition.cc: rows dealt out to several tensors and put together again, and
// the difference of two lists.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// data [partitions.shape..., rest...]: each output is [?, rest...].
void infer_partition(InferContext& c) {
  const Shape &data = c.input(0), &partitions = c.input(1);
  Shape part = Shape::unknown();
  if (data.has_rank() && partitions.has_rank()) {
    int rank = partitions.rank();
    if (data.rank() < rank ||
        !data.slice(0, rank).is_compatible_with(partitions))
      throw InvalidArgumentError(
          "data.shape must start with partitions.shape, got data.shape = ",
          data.debug_string(),
          ", partitions.shape = ",
          partitions.debug_string());
    part = Shape({-1}).concatenate(data.slice(rank));
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, part);
}

/// The rows' old places are dealt out as they were and say where the gradients
/// go.
void partition_gradient(GradContext& g) {
  const Tensor &data = g.input(0), &partitions = g.input(1);
  Tensor count = raw<"Size">(partitions);
  Tensor places = raw<"Reshape">(raw<"Range">(constant(0), count, constant(1)),
                                 shape(partitions));
  Tensors dealt = raw<"DynamicPartition">.outputs(
      {places, partitions}, {{"num_partitions", g.num_outputs()}});
  Tensors inputs = dealt;
  for (int i = 0; i < g.num_outputs(); ++i) inputs.push_back(g.dy(i));
  Tensor rows = raw<"ParallelDynamicStitch">(
      inputs, {{"N", static_cast<std::int64_t>(dealt.size())}});
  g.set(0, raw<"Reshape">(rows, shape(data)));
}

void infer_stitch(InferContext& c) {
  int count = c.num_inputs() / 2;
  Shape rest = Shape::unknown();
  std::optional<std::int64_t> rows = -1;
  for (int i = 0; i < count; ++i) {
    const Shape &indices = c.input(i), &data = c.input(count + i);
    if (auto known = c.value_as_ints(i); known && rows)
      for (std::int64_t index : *known) rows = std::max(*rows, index);
    else
      rows.reset();
    if (!indices.has_rank() || !data.has_rank()) continue;
    int rank = indices.rank();
    if (data.rank() < rank || !data.slice(0, rank).is_compatible_with(indices))
      throw InvalidArgumentError("data[",
                                 i,
                                 "].shape = ",
                                 data.debug_string(),
                                 " does not start with indices[",
                                 i,
                                 "].shape = ",
                                 indices.debug_string());
    if (!rest.is_compatible_with(data.slice(rank)))
      throw InvalidArgumentError("Need data[0].shape[",
                                 0,
                                 ":] = data[",
                                 i,
                                 "].shape[",
                                 rank,
                                 ":], got ",
                                 rest.debug_string(),
                                 " and ",
                                 data.slice(rank).debug_string());
    rest = rest.merge(data.slice(rank));
  }
  if (!rest.has_rank()) return c.set_output(0, Shape::unknown());
  c.set_output(0, Shape({rows ? *rows + 1 : -1}).concatenate(rest));
}

void stitch_gradient(GradContext& g) {
  int count = g.num_inputs() / 2;
  for (int i = 0; i < count; ++i)
    if (g.needs(count + i)) g.set(count + i, gather(g.dy(), g.input(i)));
}

}  // namespace

void register_partition_ops(OpRegistry& registry) {
  registry.add("DynamicPartition")
      .input("data: T")
      .input("partitions: int32")
      .output("outputs: num_partitions * T")
      .attr("num_partitions: int >= 1")
      .attr("T: type")
      .infer(infer_partition)
      .all_set_by_kernel()
      .grad(partition_gradient);
  for (const char* name : {"DynamicStitch", "ParallelDynamicStitch"})
    registry.add(name)
        .input("indices: N * int32")
        .input("data: N * T")
        .output("merged: T")
        .attr("N: int >= 1")
        .attr("T: type")
        .host("indices")
        .infer(infer_stitch)
        .set_by_kernel()
        .grad(stitch_gradient);
  registry.add("ListDiff")
      .input("x: T")
      .input("y: T")
      .output("out: T")
      .output("idx: out_idx")
      .attr("T: type")
      .attr("out_idx: {int32, int64} = DT_INT32")
      .infer([](InferContext& c) {
        c.with_rank(0, 1);
        c.with_rank(1, 1);
        c.set_output(0, Shape({-1}));
        c.set_output(1, Shape({-1}));
      })
      .all_set_by_kernel();
  registry.add("ReverseSequence")
      .input("input: T")
      .input("seq_lengths: Tlen")
      .output("output: T")
      .attr("seq_dim: int")
      .attr("batch_dim: int = 0")
      .attr("T: type")
      .attr("Tlen: {int32, int64} = DT_INT64")
      .infer([](InferContext& c) {
        const Shape& input = c.input(0);
        const Shape& lengths = c.with_rank(1, 1);
        c.set_output(0, input);
        if (!input.has_rank()) return;
        auto batch = c.attr<std::int64_t>("batch_dim");
        auto sequence = c.attr<std::int64_t>("seq_dim");
        if (batch == sequence)
          throw InvalidArgumentError("batch_dim == seq_dim == ", sequence);
        if (batch < 0 || batch >= input.rank())
          throw InvalidArgumentError(
              "batch_dim must be < input rank: ", batch, " vs. ", input.rank());
        if (sequence < 0 || sequence >= input.rank())
          throw InvalidArgumentError("seq_dim must be < input rank: ",
                                     sequence,
                                     " vs. ",
                                     input.rank());
        std::int64_t size = input[static_cast<int>(batch)];
        if (size >= 0 && lengths.has_rank() && lengths[0] >= 0 &&
            lengths[0] != size)
          throw InvalidArgumentError("Length of seq_lengths != input.dims(",
                                     batch,
                                     "), (",
                                     lengths[0],
                                     " vs. ",
                                     size,
                                     ")");
      })
      .grad([](GradContext& g) {
        g.set(0,
              raw<"ReverseSequence">(
                  g.dy(),
                  g.input(1),
                  {{"seq_dim", g.attr<std::int64_t>("seq_dim")},
                   {"batch_dim", g.attr<std::int64_t>("batch_dim")}}));
      })
      .grad_reads({"seq_lengths"});
}

}  // namespace tern
