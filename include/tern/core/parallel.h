#pragma once

#include <cstdint>
#include <type_traits>

namespace tern {

/// Threads a parallel loop of the calling thread may use: the size of its
/// lane. Set by TERN_NUM_THREADS, OMP_NUM_THREADS or set_num_threads, else
/// the number of cores.
int num_threads();
/// Throws InvalidArgumentError for n < 1.
void set_num_threads(int n);

namespace detail {
using RangeFunction = void (*)(void* context,
                               std::int64_t begin,
                               std::int64_t end);
void parallel_ranges(std::int64_t size,
                     std::int64_t grain,
                     RangeFunction function,
                     void* context);
}  // namespace detail

/// Calls body(begin, end) for pieces that cover [0, size), on this lane's
/// threads. Pieces start at multiples of `grain` (the least work worth a
/// thread), and where they are cut depends on size and grain alone, so that
/// results do not depend on the number of threads. Returns when all is done;
/// the first exception of a piece reaches the caller.
/// Nested calls run on the calling thread.
template <class Body>
void parallel_for(std::int64_t size, std::int64_t grain, Body&& body) {
  if (size <= grain) {
    if (size > 0) body(std::int64_t{0}, size);
    return;
  }
  using Function = std::remove_reference_t<Body>;
  detail::parallel_ranges(
      size,
      grain,
      [](void* context, std::int64_t begin, std::int64_t end) {
        (*static_cast<Function*>(context))(begin, end);
      },
      const_cast<std::remove_const_t<Function>*>(&body));
}

}  // namespace tern
