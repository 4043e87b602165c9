#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace tern {

/// TensorFlow's canonical error codes.
enum class Code {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
};

/// "InvalidArgument", "NotFound", ...
std::string_view code_name(Code code);

/// What every function of Tern throws. `what()` says what was asked, what was
/// found and where.
class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message);
  Error(const Error&) = default;
  ~Error() override;

  Code code() const { return code_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// Puts "context: " before the message, once for each place the error passes
  /// that knows more: the op, the node, the file.
  void add_context(std::string_view context);
  /// Rethrows as the exact derived class.
  [[noreturn]] virtual void rethrow() const;

 private:
  Code code_;
  std::string message_;
};

namespace detail {
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return std::move(stream).str();
}
}  // namespace detail

/// One class a code; `throw InvalidArgumentError("axis ", axis, " ...")`.
template <Code C>
class ErrorOf : public Error {
 public:
  template <class... Parts>
  explicit ErrorOf(const Parts&... parts)
      : Error(C, detail::concat(parts...)) {}
  ErrorOf(const ErrorOf&) = default;
  ~ErrorOf() override;
  [[noreturn]] void rethrow() const override;
};

using CancelledError = ErrorOf<Code::kCancelled>;
using UnknownError = ErrorOf<Code::kUnknown>;
using InvalidArgumentError = ErrorOf<Code::kInvalidArgument>;
using DeadlineExceededError = ErrorOf<Code::kDeadlineExceeded>;
using NotFoundError = ErrorOf<Code::kNotFound>;
using AlreadyExistsError = ErrorOf<Code::kAlreadyExists>;
using PermissionDeniedError = ErrorOf<Code::kPermissionDenied>;
using ResourceExhaustedError = ErrorOf<Code::kResourceExhausted>;
using FailedPreconditionError = ErrorOf<Code::kFailedPrecondition>;
using AbortedError = ErrorOf<Code::kAborted>;
using OutOfRangeError = ErrorOf<Code::kOutOfRange>;
using UnimplementedError = ErrorOf<Code::kUnimplemented>;
using InternalError = ErrorOf<Code::kInternal>;
using UnavailableError = ErrorOf<Code::kUnavailable>;
using DataLossError = ErrorOf<Code::kDataLoss>;

// Instantiated in error.cc alone, so that every library agrees on the types.
extern template class ErrorOf<Code::kCancelled>;
extern template class ErrorOf<Code::kUnknown>;
extern template class ErrorOf<Code::kInvalidArgument>;
extern template class ErrorOf<Code::kDeadlineExceeded>;
extern template class ErrorOf<Code::kNotFound>;
extern template class ErrorOf<Code::kAlreadyExists>;
extern template class ErrorOf<Code::kPermissionDenied>;
extern template class ErrorOf<Code::kResourceExhausted>;
extern template class ErrorOf<Code::kFailedPrecondition>;
extern template class ErrorOf<Code::kAborted>;
extern template class ErrorOf<Code::kOutOfRange>;
extern template class ErrorOf<Code::kUnimplemented>;
extern template class ErrorOf<Code::kInternal>;
extern template class ErrorOf<Code::kUnavailable>;
extern template class ErrorOf<Code::kDataLoss>;

/// Throws the class that belongs to `code`.
[[noreturn]] void throw_error(Code code, const std::string& message);

}  // namespace tern

#pragma GCC visibility pop
