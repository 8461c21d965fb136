// SPDX-License-Identifier: MIT
#include "check/subject.h"

#include <utility>

#include "flow/bring_in.h"

namespace patchbay {
namespace {

Result<Manifest> manifest_of(const Result<ElfFacts>& facts) {
  if (!facts) return facts.error();
  if (!facts->has_ident) {
    return Error{"no_ident", "it has no ident note (a section .vap with its manifest)",
                 "put VAP_IDENT(\"{...}\") or VAP_AGENT in exactly one source file"};
  }
  return decode_manifest(facts->manifest);
}

}  // namespace

Result<Subject> open_subject(const std::filesystem::path& file) {
  Result<Candidate> candidate = Candidate::stage(file);
  if (!candidate) return std::move(candidate).error();
  Result<ElfFacts> facts = read_elf(candidate->bytes());
  Result<Manifest> manifest = manifest_of(facts);
  Result<Examination> verdict = examine(candidate->bytes(), abilities_of_this_host(false));
  std::string agent_id = manifest ? manifest->agents.front().id : "default";
  return Subject{*std::move(candidate),
                 std::move(facts),
                 std::move(manifest),
                 std::move(verdict),
                 std::move(agent_id),
                 "{}",
                 "Hello"};
}

}  // namespace patchbay
