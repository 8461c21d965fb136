// SPDX-License-Identifier: MIT
// Does a library look as if a copy of it were still under way? Its structure alone cannot tell: a
// page that was not written yet is a page of zeros, and the section table may be there already.
// A suspicion, where only a digest is proof; for files that bring none.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "ground/result.h"

namespace patchbay {

// Bytes that the file system has never been given; they read as zeros.
struct Hole {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// The Error (its code is incomplete) names the section and the place. What is never loaded may be
// anything.  [any]
Problem check_whole(std::string_view file, const std::vector<Hole>& holes);

}  // namespace patchbay
