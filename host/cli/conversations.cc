// SPDX-License-Identifier: MIT
#include "cli/conversations.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/admin_client.h"
#include "cli/syntax.h"
#include "cli/talk_source.h"
#include "cli/talk_text.h"
#include "cli/verb.h"
#include "ground/text.h"
#include "state/talk.h"

namespace patchbay {
namespace {

constexpr std::size_t page_size = 1'000;

struct Flags {
  std::string admin;
  std::string store;
  // Two, not a list: CLI11 ends a verb at "--" unless a word of its own is still to come.
  std::optional<std::string> what;   // [AGENT/]ID, or "purge"; none: a list
  std::optional<std::string> which;  // behind "purge": [AGENT/]ID
  std::string agent;
  long most = 100;
  bool json = false;
  bool exports = false;
  bool yes = false;
};

std::string text_of(const TalkName& name) {
  return printable(name.agent + "/" + name.conversation);
}

// An id may be known to several agents; then they are named, and nothing is guessed.
Result<TalkName> look_for(TalkSource& source, const std::string& id) {
  std::vector<TalkName> found;
  std::string from;
  do {
    Result<TalkList> page = source.list({}, from, page_size);
    if (!page) return std::move(page).error();
    for (const TalkList::Entry& entry : page->conversations) {
      if (entry.conversation == id) found.push_back({entry.agent, id});
    }
    from = std::move(page->next);
  } while (!from.empty());
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return Error{"unknown_conversation",
                 fmt::format("nothing is known of a conversation {}", printable(id)),
                 "patchbay conversations lists them; what is too old has been forgotten"};
  }
  std::string all;
  for (const TalkName& name : found) all += (all.empty() ? "" : ", ") + text_of(name);
  return Error{"ambiguous_conversation", "several agents have one of that id: " + all,
               "say which, as AGENT/ID"};
}

// No agent has a '/' in its name: what is before the first one is the agent.
Result<TalkName> name_meant(TalkSource& source, const Flags& flags, const std::string& word) {
  if (!flags.agent.empty()) return TalkName{flags.agent, word};
  const std::size_t slash = word.find('/');
  if (slash == std::string::npos) return look_for(source, word);
  return TalkName{word.substr(0, slash), word.substr(slash + 1)};
}

void warn_of_unwritten(std::size_t writes) {
  if (writes == 0) return;
  fmt::print(stderr,
             "patchbay: {} {} not reached the store yet: what was said last may be missing\n",
             writes, writes == 1 ? "write has" : "writes have");
}

int list(TalkSource& source, const Flags& flags) {
  const Result<TalkList> page = source.list(flags.agent, {}, static_cast<std::size_t>(flags.most));
  if (!page) return fail(page.error());
  warn_of_unwritten(page->unwritten);
  if (flags.json) {
    fmt::print("{}\n", encode_talk_list(*page));
    return exit_good;
  }
  if (page->conversations.empty()) {
    fmt::print("no conversation is kept{}\n",
               flags.agent.empty() ? "" : " of " + printable(flags.agent));
    return exit_good;
  }
  for (const std::string& line : talk_table(*page)) fmt::print("{}\n", line);
  if (!page->next.empty()) fmt::print("there are more: --most N, or --export for all\n");
  return exit_good;
}

void print_turns(const Talk& talk) {
  for (const ToldTurn& turn : talk.turns) fmt::print("{}\n", encode_turn_of(talk, turn));
  if (talk.unreadable == 0) return;
  fmt::print(stderr, "patchbay: {} of the turns of {} cannot be read\n", talk.unreadable,
             text_of({talk.agent, talk.conversation}));
}

// One that is forgotten while the others are read is no failure.
int export_all(TalkSource& source, const Flags& flags) {
  std::string from;
  do {
    Result<TalkList> page = source.list(flags.agent, from, page_size);
    if (!page) return fail(page.error());
    if (from.empty()) warn_of_unwritten(page->unwritten);
    for (const TalkList::Entry& entry : page->conversations) {
      const Result<Talk> talk = source.show({entry.agent, entry.conversation});
      if (talk) {
        print_turns(*talk);
      } else if (talk.error().code != "unknown_conversation") {
        return fail(talk.error());
      }
    }
    from = std::move(page->next);
  } while (!from.empty());
  return exit_good;
}

int show(TalkSource& source, const Flags& flags) {
  const Result<TalkName> name = name_meant(source, flags, *flags.what);
  if (!name) return fail(name.error());
  const Result<Talk> talk = source.show(*name);
  if (!talk) return fail(talk.error());
  warn_of_unwritten(talk->unwritten);
  if (flags.exports) {
    print_turns(*talk);
  } else if (flags.json) {
    fmt::print("{}\n", encode_talk(*talk));
  } else {
    for (const std::string& line : talk_lines(*talk)) fmt::print("{}\n", line);
  }
  return exit_good;
}

int purge(TalkSource& source, const Flags& flags) {
  const Result<TalkName> name = name_meant(source, flags, *flags.which);
  if (!name) return fail(name.error());
  const Result<Talk> talk = source.show(*name);
  if (!talk && talk.error().code == "unknown_conversation") return fail(talk.error());
  const std::string what = talk ? talk_size(*talk) : "what is in it cannot be read now";
  if (!flags.yes) {
    return fail({"not_confirmed",
                 fmt::format("{} would be gone for good: {}", text_of(*name), what),
                 "say so with --yes"});
  }
  const Result<bool> done = source.forget(*name);
  if (!done) return fail(done.error());
  if (*done) {
    fmt::print("forgotten {}: {}\n", text_of(*name), what);
  } else {
    fmt::print("{} will be forgotten when the store is back, if this host still runs then\n",
               text_of(*name));
  }
  return exit_good;
}

int run(const Flags& flags) {
  const bool purges = flags.what == "purge";
  if (purges != flags.which.has_value()) {
    fail({"usage", purges ? "purge which conversation?" : "one conversation at a time",
          "patchbay conversations [purge] AGENT/ID"});
    return exit_usage;
  }
  const auto source =
      flags.store.empty() ? talks_of_host(flags.admin) : talks_in_store(flags.store);
  if (!source) return fail(source.error());
  if (purges) return purge(**source, flags);
  if (flags.what) return show(**source, flags);
  return flags.exports ? export_all(**source, flags) : list(**source, flags);
}

}  // namespace

void add_conversations(CLI::App& app, int& exit) {
  const auto flags = std::make_shared<Flags>();
  Syntax verb(app, "conversations",
              "Show, export or forget the conversations that a host has kept");
  const Flag admin = verb.text("--admin", flags->admin, admin_flag_help).shown_as("PATH");
  verb.text("--store", flags->store,
            "Read a store itself, of a host that is stopped: sqlite:PATH, or "
            "redis://HOST:PORT/0")
      .shown_as("URL")
      .excludes(admin);
  verb.text("what", flags->what,
            "Which one, in full (default: a list, newest first); or the word purge, to have "
            "one forgotten")
      .shown_as("[AGENT/]ID|purge");
  verb.text("which", flags->which, "Behind purge: which one").shown_as("[AGENT/]ID");
  verb.text("--agent", flags->agent, "Only those of this agent").shown_as("NAME");
  verb.number("--most", flags->most, 1, 1'000, "How many to list (default 100)").shown_as("N");
  verb.flag("--json", flags->json, "For scripts: one JSON object");
  verb.flag("--export", flags->exports, "JSON lines, one for each turn");
  verb.flag("--yes", flags->yes, "With purge: no question, it is meant");
  verb.footer(
      "A caller's words are shown as they were: mind who looks.\n"
      "An id that begins with a dash goes behind --, as in: patchbay conversations -- -9\n"
      "Examples:\n"
      "  patchbay conversations bakery/conv_9\n"
      "  patchbay conversations --agent bakery --export > bakery.jsonl\n"
      "  patchbay conversations purge bakery/conv_9 --yes\n"
      "  patchbay conversations --store sqlite:/var/lib/patchbay/conversations.db conv_9");
  verb.runs([flags, &exit] { exit = run(*flags); });
}

}  // namespace patchbay
