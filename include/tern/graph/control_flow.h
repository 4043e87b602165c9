#pragma once

#include <array>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <vector>

#include "tern/core/nest.h"
#include "tern/graph/function.h"

namespace tern {
namespace detail {

Nest cond_nest(const Tensor& predicate,
               const std::function<Nest()>& yes,
               const std::function<Nest()>& no);
Tensors while_nest(const std::function<Tensor(const Tensors&)>& condition,
                   const std::function<Tensors(const Tensors&)>& body,
                   const Tensors& variables);

/// What a branch gives becomes this: numbers and variables turn into tensors.
template <class R>
struct FlowResult {
  using type = R;
};
template <Number R>
struct FlowResult<R> {
  using type = Tensor;
};
template <>
struct FlowResult<Variable> {
  using type = Tensor;
};

template <std::size_t N>
std::array<Tensor, N> to_array(const Tensors& tensors) {
  std::array<Tensor, N> array;
  for (std::size_t i = 0; i < N; ++i) array[i] = tensors[i];
  return array;
}

}  // namespace detail

/// A scope in which what a traced function or a graph adds runs after `tensors`
/// are computed; symbolic tensors of other graphs, and eager ones, do not
/// matter.
///
///     auto scope = control_dependencies({saved});
class [[nodiscard]] ControlDependencies {
 public:
  explicit ControlDependencies(const Tensors& tensors);
  ~ControlDependencies();
  ControlDependencies(const ControlDependencies&) = delete;

 private:
  std::unique_ptr<class ControlScope> scope_;
};
inline ControlDependencies control_dependencies(const Tensors& tensors) {
  return ControlDependencies(tensors);
}

/// yes() if the scalar `predicate` is true, else no(). Runs the branch at once
/// when the value is known; in a traced function both branches are traced and
/// one runs later. Both must give the same structure and dtypes, else
/// InvalidArgumentError. Differentiable.
template <class F, class G>
auto cond(const Tensor& predicate, F yes, G no) {
  using R = decltype(yes());
  auto traced = [](auto branch) {
    return std::function<Nest()>([branch]() mutable {
      return detail::result_nest([&] { return branch(); }, std::tuple<>());
    });
  };
  Nest result = detail::cond_nest(predicate, traced(yes), traced(no));
  if constexpr (!std::is_void_v<R>)
    return std::get<0>(
        result
            .template as<typename detail::FlowResult<std::decay_t<R>>::type>());
}

/// Repeats `variables = body(variables...)` while condition(variables...) is
/// true. Gives the last values: a Tensor for one variable, an array for
/// several. Eager loops run in C++; in a traced function the loop is one op
/// whose step is traced, and a variable's shape may change between steps.
/// Differentiable, also when the number of steps is not known.
template <class C, class B, class... V>
requires(sizeof...(V) >
         0) auto while_loop(C condition, B body, const V&... variables) {
  constexpr std::size_t n = sizeof...(V);
  Tensors result = detail::while_nest(
      [&](const Tensors& v) {
        return Tensor(std::apply(condition, detail::to_array<n>(v)));
      },
      [&](const Tensors& v) {
        return detail::result_nest(body, detail::to_array<n>(v)).flatten();
      },
      {Tensor(variables)...});
  if constexpr (n == 1)
    return result[0];
  else
    return detail::to_array<n>(result);
}

struct SwitchCaseOptions {
  /// Runs for an index that no branch has; by default the last branch does.
  std::function<Nest()> default_branch = {};
};
/// branches[index](), as `cond` runs its branches; all must give the same
/// structure and dtypes. `index` is an int32 scalar. Differentiable. Throws
/// InvalidArgumentError where there are no branches.
///
///     Tensor y = switch_case(i, {[&] { return x; }, [&] { return x * x; }});
Nest switch_case(const Tensor& index,
                 const std::vector<std::function<Nest()>>& branches,
                 const SwitchCaseOptions& options = {});

}  // namespace tern
