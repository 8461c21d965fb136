// SPDX-License-Identifier: MIT
// Whose deed is it what a turn does? Its own: but a turn that was interrupted, or failed, has told
// the caller nothing of what it did, so the one after it may well set out to do the same. Until an
// answer was heard to its end, all turns are one act, and what one of them has done is not done
// again.
#pragma once
#include <string>
#include <vap/vap.hpp>

namespace llm {

class Acts {
 public:
  // Of the lines of the conversation, up to the turn that asks. [turn]
  Acts(const vap::line* first, const vap::line* last, std::string_view turn_id);

  // The name of the act; remembered in the conversation before anything is done. [any]
  const std::string& begin(const vap::speech& of);
  // All was said. A turn that ends without it (it failed, was too late, its host died) has not told
  // what it did, though the host said something in its place. [any]
  void told(const vap::speech& of) const;

 private:
  const std::string turn_;
  std::string heard_;  // the newest turn whose answer was heard to its end; empty: none
  std::string act_;    // empty: not asked for yet
};

}  // namespace llm
