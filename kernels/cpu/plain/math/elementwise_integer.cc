#include "kernels/cpu/loops.h"
#include "tern/core/error.h"

namespace tern {
namespace kernels {
namespace {

/// -1 has no need of a division, and the lowest number divided by it has no
/// quotient.
template <class T>
bool is_minus_one(T y) {
  return std::is_signed_v<T> && y == T(-1);
}

struct TruncateDivInteger {
  template <class T>
  T operator()(T x, T y) const {
    if (y == 0) throw_integer_division_by_zero();
    return is_minus_one(y) ? Neg()(x) : static_cast<T>(x / y);
  }
};

struct TruncateModInteger {
  template <class T>
  T operator()(T x, T y) const {
    if (y == 0) throw_integer_division_by_zero();
    return is_minus_one(y) ? T(0) : static_cast<T>(x % y);
  }
};

struct FloorModInteger {
  template <class T>
  T operator()(T x, T y) const {
    T remainder = TruncateModInteger()(x, y);
    bool other_side = remainder != 0 && (remainder < 0) != (y < 0);
    return other_side ? static_cast<T>(remainder + y) : remainder;
  }
};

struct FloorDivInteger {
  template <class T>
  T operator()(T x, T y) const {
    T quotient = TruncateDivInteger()(x, y);
    bool inexact = !is_minus_one(y) && x % y != 0;
    return inexact && (x < 0) != (y < 0) ? static_cast<T>(quotient - 1)
                                         : quotient;
  }
};

struct PowInteger {
  /// By squaring, wrapping as products do.
  template <class T>
  T operator()(T base, T exponent) const {
    if (exponent < 0) throw_negative_integer_power();
    T result = 1;
    for (; exponent > 0; exponent = static_cast<T>(exponent >> 1)) {
      if ((exponent & 1) != 0) result = Mul()(result, base);
      base = Mul()(base, base);
    }
    return result;
  }
};

struct BitwiseAnd {
  template <class T>
  T operator()(T x, T y) const {
    return x & y;
  }
};

struct BitwiseOr {
  template <class T>
  T operator()(T x, T y) const {
    return x | y;
  }
};

struct BitwiseXor {
  template <class T>
  T operator()(T x, T y) const {
    return x ^ y;
  }
};

struct Invert {
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(~x);
  }
};

struct LogicalNot {
  bool operator()(bool x) const { return !x; }
};

struct Identity {
  template <class T>
  T operator()(T x) const {
    return x;
  }
};

/// Functions that only see bits: one kernel for all dtypes of a size.
template <class F, template <class, class> class Kernel>
void add_by_size(KernelRegistry& registry,
                 std::string_view op,
                 std::initializer_list<DType> dtypes) {
  for (DType dtype : dtypes) {
    KernelFunction function = nullptr;
    switch (dtype.size()) {
      case 1:
        function = Kernel<F, std::uint8_t>::run;
        break;
      case 2:
        function = Kernel<F, std::uint16_t>::run;
        break;
      case 4:
        function = Kernel<F, std::uint32_t>::run;
        break;
      default:
        function = Kernel<F, std::uint64_t>::run;
        break;
    }
    registry.add(op, {{"T", dtype}}, function);
  }
}

template <class F, class T>
struct BinaryKernel {
  static void run(KernelContext& context) {
    binary_kernel<F, T, LoopSet::kSame>(context);
  }
};
template <class F, class T>
struct AddNKernel {
  static void run(KernelContext& context) { add_n_kernel<T>(context); }
};
template <class F, class T>
struct EqualityKernel {
  static void run(KernelContext& context) {
    equality_kernel<F, T, LoopSet::kSame>(context);
  }
};
template <class F, class T>
struct UnaryKernel {
  static void run(KernelContext& context) { unary_kernel<F, T>(context); }
};

template <class F>
void add_all_integers(KernelRegistry& registry, std::string_view op) {
  add_binary<F,
             LoopSet::kSame,
             std::int8_t,
             std::int16_t,
             std::int32_t,
             std::int64_t,
             std::uint8_t,
             std::uint16_t,
             std::uint32_t,
             std::uint64_t>(registry, op);
}

/// Those that kernels/cpu/vector leaves out.
template <class F>
void add_rare_integers(KernelRegistry& registry, std::string_view op) {
  add_binary<F,
             LoopSet::kSame,
             std::int8_t,
             std::int16_t,
             std::uint8_t,
             std::uint16_t,
             std::uint32_t,
             std::uint64_t>(registry, op);
}

/// TensorFlow's truncating ops name a division by zero no better than this.
template <KernelFunction Kernel>
void with_internal_errors(KernelContext& context) {
  try {
    Kernel(context);
  } catch (const InvalidArgumentError&) {
    throw InternalError(
        "Unexpected error in binary operator (only integer div and mod should "
        "have errors)");
  }
}

template <class F, class... T>
void add_truncating(KernelRegistry& registry, std::string_view op) {
  (registry.add(op,
                {{"T", dtype_of<T>}},
                with_internal_errors<binary_kernel<F, T, LoopSet::kSame>>),
   ...);
}

template <class F>
void add_rare_ordering(KernelRegistry& registry,
                       std::string_view op,
                       std::string_view reverse) {
  add_rare_integers<F>(registry, op);
  add_swapped_binary<F,
                     LoopSet::kSame,
                     std::int8_t,
                     std::int16_t,
                     std::uint8_t,
                     std::uint16_t,
                     std::uint32_t,
                     std::uint64_t>(registry, reverse);
}

template <class F>
void add_signed(KernelRegistry& registry, std::string_view op) {
  add_unary<F, std::int8_t, std::int16_t, std::int32_t, std::int64_t>(registry,
                                                                      op);
}

template <class F>
void add_logical(KernelRegistry& registry, std::string_view op) {
  registry.add(op, {}, binary_kernel<F, std::uint8_t, LoopSet::kAll>);
}

}  // namespace
}  // namespace kernels

void register_integer_elementwise_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for (const char* op : {"AddV2", "Add"})
    add_by_size<Add, BinaryKernel>(registry, op, {int8, int16, uint8});
  add_by_size<Add, BinaryKernel>(registry, "AddV2", {uint16, uint32, uint64});
  add_by_size<Add, AddNKernel>(
      registry, "AddN", {int8, int16, uint8, uint16, uint32, uint64});
  add_by_size<Sub, BinaryKernel>(
      registry, "Sub", {int8, int16, uint8, uint16, uint32, uint64});
  add_by_size<Mul, BinaryKernel>(
      registry, "Mul", {int8, int16, uint8, uint16, uint32, uint64});
  add_by_size<SquaredDifference, BinaryKernel>(
      registry, "SquaredDifference", {int32, int64});
  add_all_integers<TruncateDivInteger>(registry, "Div");
  add_truncating<TruncateDivInteger,
                 std::int8_t,
                 std::int16_t,
                 std::int32_t,
                 std::int64_t,
                 std::uint8_t,
                 std::uint16_t,
                 std::uint32_t,
                 std::uint64_t>(registry, "TruncateDiv");
  add_all_integers<FloorDivInteger>(registry, "FloorDiv");
  add_all_integers<FloorModInteger>(registry, "FloorMod");
  add_truncating<TruncateModInteger, std::int32_t, std::int64_t>(registry,
                                                                 "TruncateMod");
  add_binary<TruncateModInteger, LoopSet::kSame, std::int32_t, std::int64_t>(
      registry, "Mod");
  add_binary<PowInteger,
             LoopSet::kSame,
             std::int8_t,
             std::int16_t,
             std::int32_t,
             std::int64_t>(registry, "Pow");
  add_rare_integers<Maximum>(registry, "Maximum");
  add_rare_integers<Minimum>(registry, "Minimum");
  add_rare_ordering<Less>(registry, "Less", "Greater");
  add_rare_ordering<LessEqual>(registry, "LessEqual", "GreaterEqual");
  std::initializer_list<DType> equatable = {int8,
                                            int16,
                                            uint8,
                                            uint16,
                                            uint32,
                                            uint64,
                                            bool_,
                                            qint8,
                                            quint8,
                                            qint16,
                                            quint16,
                                            qint32};
  add_by_size<Equal, EqualityKernel>(registry, "Equal", equatable);
  add_by_size<NotEqual, EqualityKernel>(registry, "NotEqual", equatable);

  std::initializer_list<DType> integers = {
      int8, int16, int32, int64, uint8, uint16, uint32, uint64};
  add_by_size<BitwiseAnd, BinaryKernel>(registry, "BitwiseAnd", integers);
  add_by_size<BitwiseOr, BinaryKernel>(registry, "BitwiseOr", integers);
  add_by_size<BitwiseXor, BinaryKernel>(registry, "BitwiseXor", integers);
  add_by_size<Invert, UnaryKernel>(registry, "Invert", integers);
  add_by_size<Square, UnaryKernel>(registry, "Square", integers);
  add_logical<BitwiseAnd>(registry, "LogicalAnd");
  add_logical<BitwiseOr>(registry, "LogicalOr");
  registry.add("LogicalNot", {}, unary_kernel<LogicalNot, bool>);

  add_signed<Neg>(registry, "Neg");
  add_signed<Abs>(registry, "Abs");
  add_signed<Sign>(registry, "Sign");
  add_by_size<Identity, UnaryKernel>(registry, "Round", {int32, int64});
  add_signed<Relu>(registry, "Relu");
  add_by_size<Identity, UnaryKernel>(
      registry, "Relu", {uint8, uint16, uint32, uint64});
  add_all_integers<ReluGrad>(registry, "ReluGrad");
}

}  // namespace tern
