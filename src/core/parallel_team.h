#pragma once

namespace tern::detail {

/// Calls work(argument) once on each of `threads` threads, the calling one
/// among them, and returns when all calls have. `work` must not throw.
/// A thread that is late may be left out: the others do its share.
void run_on_team(int threads, void (*work)(void*), void* argument);

/// Whether somebody else's parallel region is running on this thread.
bool in_foreign_team();

}  // namespace tern::detail
