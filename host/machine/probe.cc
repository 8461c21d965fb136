// SPDX-License-Identifier: MIT
#include "machine/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "codec/elf.h"
#include "codec/manifest.h"
#include "ground/text.h"
#include "machine/child_program.h"
#include "machine/process_state.h"

namespace patchbay {
namespace {

// While constructors run, every other dlopen, dlsym and name lookup of the host waits.
constexpr Milliseconds slow{50}, too_slow{500};

// --- what can be known before

// Why it stays mapped, where that can be read in the file.
struct Staying {
  bool asked_for = false;  // it is not even to be tried
  std::string why;
};

Staying staying_of(const Candidate& candidate) {
  const Result<ElfFacts> facts = read_elf(candidate.bytes());
  if (!facts) return {};
  if (facts->go_runtime) return {true, "it carries a Go runtime"};
  const Result<Manifest> manifest = decode_manifest(facts->manifest);
  if (manifest && !manifest->unload) return {true, "its manifest says unload: no"};
  if (!facts->unique.empty())
    return {false, fmt::format("it has STB_GNU_UNIQUE symbols, eg. {} (build it with "
                               "vap_add_plugin())",
                               printable(facts->unique.front()))};
  if (facts->nodelete) return {false, "it is linked with -z nodelete"};
  return {};
}

// --- what came of it

std::string file_name(const Candidate& candidate) {
  return printable(candidate.file().filename().string());
}

std::string text_of(Milliseconds time) {
  const auto seconds = std::chrono::duration_cast<Seconds>(time);
  return seconds == time ? fmt::format("{} s", seconds.count())
                         : fmt::format("{} ms", time.count());
}

// The last lines of what the plugin printed, as one.
std::string last_words(std::string_view output) {
  constexpr std::size_t most_lines = 5, longest_line = 200;
  std::vector<std::string> lines;
  while (!output.empty() && lines.size() < most_lines) {
    const auto from = output.find_last_of('\n') + 1;  // npos + 1 is 0
    const std::string_view line = output.substr(from, longest_line);
    if (!line.empty()) lines.insert(lines.begin(), printable(line));
    output = output.substr(0, from == 0 ? 0 : from - 1);
  }
  return fmt::format("{}", fmt::join(lines, " | "));
}

Error with_last_words(Error error, const ChildEnd& end) {
  const std::string words = last_words(end.output);
  if (words.empty()) return error;
  error.hint += fmt::format("{}it printed: {}", error.hint.empty() ? "" : "; ", words);
  return error;
}

// The child did not live to answer.
Error obituary(const Candidate& candidate, const ChildEnd& end, Milliseconds most) {
  const std::string who = file_name(candidate);
  const std::string where = end.step.empty() ? "before it was loaded" : "in " + printable(end.step);
  switch (end.how) {
    case ChildEnd::How::killed:
      return {"probe_crashed",
              fmt::format("{} was killed by {} {}, in a trial process", who,
                          signal_name(end.number), where),
              "patchbay check tries it step by step, also under a debugger"};
    case ChildEnd::How::hung:
      return {"probe_hung",
              fmt::format("{} did not come back from {} within {}, in a trial process", who,
                          end.step.empty() ? "its start" : printable(end.step), text_of(most)),
              "give all that it waits for there a limit of its own"};
    case ChildEnd::How::stopped:
      return {"probe_stopped", fmt::format("the trial of {} was stopped {}", who, where), ""};
    default:
      return {"probe_exited",
              fmt::format("{} ended the process with exit code {} {}, in a trial process", who,
                          end.number, where),
              "a plugin must not call exit(): return an error, with the reason"};
  }
}

struct Attempt {
  ProbeAnswer answer;
  ChildEnd end;
};

Result<Attempt> attempt(const Candidate& candidate, const ProbeTerms& terms,
                        const std::string& letter) {
  Result<ChildEnd> end =
      run_program({terms.program, "probe", letter, candidate.descriptor(), terms.most, terms.stop});
  if (!end) return std::move(end).error();
  if (end->how != ChildEnd::How::answered)
    return with_last_words(obituary(candidate, *end, terms.most), *end);
  Result<ProbeAnswer> answer = decode_answer(end->answer);
  if (!answer) return std::move(answer).error();
  if (answer->wrong) return with_last_words(*std::move(answer->wrong), *end);
  return Attempt{*std::move(answer), *std::move(end)};
}

std::string remark_on(const ProbeAnswer& answer, const Staying& staying) {
  std::vector<std::string> remarks;
  if (answer.constructors > slow) {
    remarks.push_back(
        fmt::format("its constructors took {}, and the host's other loads wait for "
                    "them (long work belongs into create())",
                    text_of(answer.constructors)));
  }
  if (!answer.unmapped) {
    remarks.push_back(fmt::format(
        "it will stay in memory when it is replaced: {}",
        staying.why.empty() ? "probably a thread_local object with a destructor" : staying.why));
  }
  return fmt::format("{}", fmt::join(remarks, "; "));
}

}  // namespace

Result<ProbeReport> probe(const Candidate& candidate, const ProbeTerms& terms) {
  const Staying staying = staying_of(candidate);
  const std::string letter =
      encode_order({candidate.file().string(), !staying.asked_for, too_slow, terms.agents});
  Result<Attempt> tried = attempt(candidate, terms, letter);
  // A busy machine is not the plugin's fault: twice is.
  if (tried && !tried->answer.whole) tried = attempt(candidate, terms, letter);
  if (!tried) return std::move(tried).error();
  const ProbeAnswer& answer = tried->answer;
  if (!answer.whole) {
    return with_last_words(
        {"slow_constructor",
         fmt::format("the constructors of {} took {}, twice: all other loads of the host would "
                     "wait for them",
                     file_name(candidate), text_of(answer.constructors)),
         fmt::format("move their work into create(); {} is the limit", text_of(too_slow))},
        tried->end);
  }
  return ProbeReport{answer.constructors, answer.unmapped, remark_on(answer, staying)};
}

}  // namespace patchbay
