#include "tern/core/tensor_rep.h"

#include <new>

namespace tern {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int kPoolBlocks = 0;  // the sanitizer must see every block's end
#else
constexpr int kPoolBlocks = 1024;
#endif

struct FreeBlock {
  FreeBlock* next;
};

/// The free list of one thread. It has no destructor, so that tensors freed
/// after the thread's other thread_locals are gone still find it: `capacity`
/// is 0 before the thread's first block and after its end, and blocks then go
/// straight to the system.
struct BlockPool {
  FreeBlock* head;
  int count;
  int capacity;
  bool registered;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local BlockPool pool{};

/// Empties this thread's pool at its end.
struct PoolReaper {
  ~PoolReaper() {
    pool.capacity = 0;
    while (FreeBlock* block = pool.head) {
      pool.head = block->next;
      ::operator delete(block);
    }
    pool.count = 0;
  }
};

[[gnu::noinline]] void* new_block() {
  if (!pool.registered) {
    pool.registered = true;
    pool.capacity = kPoolBlocks;
    // Constructed here, it is destroyed at the end of this thread.
    [[maybe_unused]] static thread_local PoolReaper reaper;
  }
  return ::operator new(sizeof(TensorRep));
}

void* take_block() {
  FreeBlock* block = pool.head;
  if (!block) return new_block();
  pool.head = block->next;
  --pool.count;
  return block;
}

void give_block(void* memory) noexcept {
  if (pool.count >= pool.capacity) {
    ::operator delete(memory);
    return;
  }
  pool.head = new (memory) FreeBlock{pool.head};
  ++pool.count;
}

/// Identities are dealt to threads in blocks, so that they need no shared
/// counter each.
constexpr std::uint64_t kIdentityBlock = 1024;
std::atomic<std::uint64_t> next_identity_block{1};
[[gnu::tls_model(
    "initial-exec")]] constinit thread_local std::uint64_t next_identity = 0;

}  // namespace

TensorRep* TensorRep::create(DType dtype, const Shape& shape) {
  // The count comes first: it throws for absurd shapes.
  std::int64_t num_elements = shape.num_elements();
  TensorRep* rep = new (take_block()) TensorRep;
  rep->dtype = dtype;
  rep->num_elements = num_elements;
  rep->shape = shape;
  return rep;
}

void TensorRep::destroy() noexcept {
  if (buffer)
    buffer->release();
  else if (data && dtype.is_object())
    destroy_elements(dtype, data, num_elements);
  if (Buffer* copy = host_copy.load(std::memory_order_acquire)) copy->release();
  this->~TensorRep();
  give_block(this);
}

std::uint64_t TensorRep::assign_identity() {
  if (next_identity % kIdentityBlock == 0)
    next_identity = kIdentityBlock *
                    next_identity_block.fetch_add(1, std::memory_order_relaxed);
  std::uint64_t mine = next_identity++;
  // Another thread may have named this tensor meanwhile: its name stands.
  std::uint64_t known = 0;
  return id.compare_exchange_strong(known, mine, std::memory_order_acq_rel)
             ? mine
             : known;
}

}  // namespace tern
