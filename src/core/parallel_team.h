#pragma once

namespace tern::detail {

/// Calls work(argument) once on each of `threads` threads, the calling one
/// among them, and returns when all calls have. `work` must not throw.
/// A thread that is late may be left out: the others do its share. All callers
/// share the other threads, of which there are as many as the largest team
/// needed.
void run_on_team(int threads, void (*work)(void*), void* argument);

}  // namespace tern::detail
