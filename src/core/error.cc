#include "tern/core/error.h"

namespace tern {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kCancelled:
      return "Cancelled";
    case Code::kUnknown:
      return "Unknown";
    case Code::kInvalidArgument:
      return "InvalidArgument";
    case Code::kDeadlineExceeded:
      return "DeadlineExceeded";
    case Code::kNotFound:
      return "NotFound";
    case Code::kAlreadyExists:
      return "AlreadyExists";
    case Code::kPermissionDenied:
      return "PermissionDenied";
    case Code::kResourceExhausted:
      return "ResourceExhausted";
    case Code::kFailedPrecondition:
      return "FailedPrecondition";
    case Code::kAborted:
      return "Aborted";
    case Code::kOutOfRange:
      return "OutOfRange";
    case Code::kUnimplemented:
      return "Unimplemented";
    case Code::kInternal:
      return "Internal";
    case Code::kUnavailable:
      return "Unavailable";
    case Code::kDataLoss:
      return "DataLoss";
  }
  return "Unknown";
}

Error::Error(Code code, const std::string& message)
    : std::runtime_error(message), code_(code), message_(message) {}

// Out of line: the one home of the class's type information.
Error::~Error() = default;

void Error::add_context(std::string_view context) {
  message_ = std::string(context) + ": " + message_;
}

void Error::rethrow() const { throw *this; }

template <Code C>
ErrorOf<C>::~ErrorOf() = default;

template <Code C>
void ErrorOf<C>::rethrow() const {
  throw *this;
}

template class ErrorOf<Code::kCancelled>;
template class ErrorOf<Code::kUnknown>;
template class ErrorOf<Code::kInvalidArgument>;
template class ErrorOf<Code::kDeadlineExceeded>;
template class ErrorOf<Code::kNotFound>;
template class ErrorOf<Code::kAlreadyExists>;
template class ErrorOf<Code::kPermissionDenied>;
template class ErrorOf<Code::kResourceExhausted>;
template class ErrorOf<Code::kFailedPrecondition>;
template class ErrorOf<Code::kAborted>;
template class ErrorOf<Code::kOutOfRange>;
template class ErrorOf<Code::kUnimplemented>;
template class ErrorOf<Code::kInternal>;
template class ErrorOf<Code::kUnavailable>;
template class ErrorOf<Code::kDataLoss>;

void throw_error(Code code, const std::string& message) {
  switch (code) {
    case Code::kCancelled:
      throw CancelledError(message);
    case Code::kUnknown:
      throw UnknownError(message);
    case Code::kInvalidArgument:
      throw InvalidArgumentError(message);
    case Code::kDeadlineExceeded:
      throw DeadlineExceededError(message);
    case Code::kNotFound:
      throw NotFoundError(message);
    case Code::kAlreadyExists:
      throw AlreadyExistsError(message);
    case Code::kPermissionDenied:
      throw PermissionDeniedError(message);
    case Code::kResourceExhausted:
      throw ResourceExhaustedError(message);
    case Code::kFailedPrecondition:
      throw FailedPreconditionError(message);
    case Code::kAborted:
      throw AbortedError(message);
    case Code::kOutOfRange:
      throw OutOfRangeError(message);
    case Code::kUnimplemented:
      throw UnimplementedError(message);
    case Code::kInternal:
      throw InternalError(message);
    case Code::kUnavailable:
      throw UnavailableError(message);
    case Code::kDataLoss:
      throw DataLossError(message);
  }
  throw UnknownError(message);
}

}  // namespace tern
