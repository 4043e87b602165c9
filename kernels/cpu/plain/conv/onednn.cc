#include "kernels/cpu/plain/conv/onednn.h"

#include "io/run_time_library.h"

namespace tern::onednn {
const Library* library() {
#if TERN_HAS_ONEDNN
  static const void* const opened =
      io::open_run_time_library("libtern_onednn.so", "tern_onednn_library")
          .table;
  return static_cast<const Library*>(opened);
#else
  return nullptr;
#endif
}

}  // namespace tern::onednn
