// SPDX-License-Identifier: MIT
#include "cli/call.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "cli/call_flow.h"
#include "cli/call_json.h"
#include "cli/call_screen.h"
#include "cli/dev_secret.h"
#include "cli/private_house.h"
#include "cli/syntax.h"
#include "cli/typed_lines.h"
#include "cli/verb.h"
#include "codec/config.h"
#include "codec/json_text.h"
#include "ground/clock.h"
#include "machine/files.h"

namespace patchbay {
namespace {

constexpr std::string_view default_target = "http://127.0.0.1:8080";  // where serve listens
constexpr std::string_view default_path = "/api/agent";
constexpr Milliseconds of_a_voice{300};  // a word
constexpr const char* secret_variable = "LAYERCODE_WEBHOOK_SECRET";

struct Flags {
  std::string target{default_target};
  std::vector<std::string> say;
  std::string secret;
  std::string plugins;
  std::string conversation;
  std::string metadata;
  std::string phone;
  std::string patience = "60s";
  TlsTrust trust;
  std::string log_level = "warn";
  long barge_in_after = -1;  // ms; below 0: never
  bool no_start = false;
  bool json = false;
  bool aloud = false;
};

// Who answers: a host somewhere, or one of our own.
struct Answerer {
  Line line;
  std::string name;                     // eg: "bakery"
  std::unique_ptr<PrivateHouse> house;  // null where it is somebody else's
};

struct FoundSecret {
  Secret secret;
  std::string from;
};

Result<FoundSecret> find_secret(const Flags& flags) {
  if (!flags.secret.empty()) {
    const Result<SecretRef> ref = decode_secret_ref(flags.secret);
    if (!ref) return Error{ref.error().code, "--secret " + ref.error().message, ref.error().hint};
    const Result<Secret> named = resolve_secret(*ref);
    if (!named) return named.error();
    return FoundSecret{*named, "--secret " + flags.secret};
  }
  const Result<Secret> set = resolve_secret({SecretRef::Kind::environment, secret_variable});
  if (set) return FoundSecret{*set, secret_variable};
  if (set.error().code != "secret_unset") return set.error();
  if (const auto made_up = find_dev_secret()) {
    return FoundSecret{*made_up, "'serve --dev' on this machine"};
  }
  return Error{"no_secret", "there is no secret to sign the webhooks with",
               "set LAYERCODE_WEBHOOK_SECRET to the host's, or name it: --secret env:NAME or "
               "--secret file:PATH\n"
               "  a host on this machine that runs with --dev leaves one that is found by itself"};
}

// The last part of "/agents/bakery"; what serves /api/agent has no name that we know.
std::string name_in(const Url& url) {
  constexpr std::string_view agents = "/agents/";
  const std::string path = url.target.substr(0, url.target.find('?'));
  if (!path.starts_with(agents) || path.size() == agents.size()) return "agent";
  return path.substr(agents.size());
}

Result<Answerer> find_answerer(const Flags& flags, Milliseconds patience) {
  if (!is_url(flags.target)) {
    Result<std::unique_ptr<PrivateHouse>> house =
        PrivateHouse::open({flags.target, flags.plugins, log_level_of(flags.log_level)});
    if (!house) return std::move(house).error();
    Line line{(*house)->url(), (*house)->secret(), "this host", patience};
    return Answerer{std::move(line), name_in((*house)->url()), *std::move(house)};
  }
  Result<Url> url = parse_url(flags.target);
  if (!url) return std::move(url).error();
  if (url->target.empty() || url->target == "/") url->target = default_path;
  const Result<FoundSecret> found = find_secret(flags);
  if (!found) return found.error();
  return Answerer{{*url, found->secret, found->from, patience}, name_in(*url), nullptr};
}

std::string random_id(std::string_view kind) {
  std::random_device random;
  return fmt::format("{}_{:08x}{:08x}", kind, random(), random());
}

CallerIds ids_of(const Flags& flags) {
  const std::string conversation =
      flags.conversation.empty() ? random_id("conv") : flags.conversation;
  return {random_id("sess"), conversation, flags.metadata, flags.phone};
}

std::unique_ptr<Lines> lines_of(const Flags& flags, CtrlC& ctrl_c, bool colour) {
  if (!flags.say.empty()) return std::make_unique<GivenLines>(flags.say);
  if (!flags.json && TypedLines::possible()) return std::make_unique<TypedLines>(ctrl_c, colour);
  return std::make_unique<PipedLines>(ctrl_c);
}

bool converse(const Flags& flags, const Answerer& answerer, CtrlC& ctrl_c) {
  const bool colour = wants_colour();
  const std::unique_ptr<Lines> lines = lines_of(flags, ctrl_c, colour);
  std::unique_ptr<CallReport> report;
  if (flags.json) {
    report = std::make_unique<CallJson>();
  } else {
    report = std::make_unique<CallScreen>(answerer.name, colour, !lines->typed());
  }
  PipelineCall pipeline(ids_of(flags), wall_now());
  CallFlow::Options options;
  options.start = !flags.no_start;
  if (flags.barge_in_after >= 0) options.barge_in_after = Milliseconds{flags.barge_in_after};
  const bool good = CallFlow(answerer.line, pipeline, *lines, *report, ctrl_c, options).run();
  if (lines->typed() && answerer.house == nullptr) {
    report->note("again: --conversation " + pipeline.ids().conversation_id);
  }
  return good;
}

int call(const Flags& flags) {
  const Result<Milliseconds> patience = decode_duration(flags.patience);
  if (!patience) {
    const Error& wrong = patience.error();
    fail({wrong.code, fmt::format("--patience {}: {}", flags.patience, wrong.message), wrong.hint});
    return exit_usage;
  }
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  CtrlC ctrl_c;
  Result<Answerer> answerer = find_answerer(flags, *patience);
  if (!answerer) {
    fail(answerer.error());
    const std::string& code = answerer.error().code;
    return code == "url_invalid" || code == "bad_secret_ref" ? exit_usage : exit_failed;
  }
  answerer->line.trust = flags.trust;
  if (flags.aloud) answerer->line.per_word = of_a_voice;
  const int exit = converse(flags, *answerer, ctrl_c) ? exit_good : exit_failed;
  if (answerer->house && !answerer->house->close()) {
    std::fflush(stdout);
    std::_Exit(
        exit);  // a plugin's code still runs: no destructor may pull the ground from under it
  }
  return exit;
}

std::string check_metadata(const std::string& json) {
  if (const Problem wrong = check_json(json, max_json_depth)) return wrong->message;
  return json.find_first_not_of(" \t\r\n") == json.find('{') ? "" : "it must be a JSON object";
}

std::string check_said(const std::string& text) {
  const bool blank = text.find_first_not_of(" \t") == std::string::npos;
  return blank ? "nothing is said with that: give it words" : "";
}

constexpr const char* examples =
    "Without --say, lines are read from the terminal: Ctrl-C while the agent speaks interrupts "
    "it,\n"
    "Ctrl-C or Ctrl-D at the prompt ends the call, /help tells more. Every call ends with\n"
    "session.end and its transcript.\n"
    "The secret: --secret, else LAYERCODE_WEBHOOK_SECRET, else that of 'serve --dev' on this "
    "machine.\n"
    "Exit code: 0 every turn ended properly, 1 one did not, 2 the command line was wrong.\n"
    "Examples:\n"
    "  patchbay call                                      the host on 127.0.0.1:8080\n"
    "  patchbay call http://127.0.0.1:8080/agents/bakery\n"
    "  patchbay call bakery --plugins build/release/plugins   no host needed\n"
    "  patchbay call ./hello.so --say 'Hi' --say 'Bye'\n"
    "  patchbay call slow --say 'Tell me' --barge-in-after 500 --say 'Stop' --json\n"
    "  patchbay call bakery --aloud\n"
    "  patchbay call https://agents.example/api/agent --secret file:/run/secrets/webhook\n"
    "  patchbay call https://127.0.0.1:8443 --ca cert.pem";

}  // namespace

void add_call(CLI::App& app, int& exit) {
  auto flags = std::make_shared<Flags>();
  Syntax verb(app, "call", "Talk to an agent as a voice pipeline does");
  verb.text("target", flags->target,
            "Where the agent is: a URL, the name of a plugin, or a plugin file (default "
            "http://127.0.0.1:8080/api/agent)")
      .shown_as("URL|AGENT|FILE.so");
  const Flag say =
      verb.texts("--say", flags->say, "Say this, and do not ask for lines; may be repeated")
          .shown_as("TEXT")
          .checked_by(check_said);
  verb.text("--secret", flags->secret, "Signs the webhooks: env:NAME or file:PATH").shown_as("REF");
  verb.text("--plugins", flags->plugins, "Directory of plugins, for a call by name")
      .shown_as("DIR");
  verb.text("--conversation", flags->conversation, "Go on with this conversation").shown_as("ID");
  verb.text("--metadata", flags->metadata, "custom_metadata of every event, an object")
      .shown_as("JSON")
      .checked_by(check_metadata);
  verb.text("--phone", flags->phone, "from_phone_number of every event").shown_as("FROM");
  verb.number("--barge-in-after", flags->barge_in_after, 0, 3'600'000,
              "Interrupt each --say so many ms after the first word of its answer")
      .shown_as("MS")
      .needs(say);
  verb.text("--patience", flags->patience, "How long the agent may be silent (default 60s)")
      .shown_as("TIME");
  verb.text("--ca", flags->trust.ca_file,
            "https: believe also certificates of this authority, or this one itself (PEM)")
      .shown_as("FILE");
  verb.flag("--insecure", flags->trust.everybody, "https: believe every certificate");
  verb.text("--log-level", flags->log_level, "Of a host of its own (default warn)")
      .one_of(log_level_names);
  verb.flag("--no-start", flags->no_start, "Send no session.start");
  const Flag json =
      verb.flag("--json", flags->json, "Write one JSON object for each line, for scripts");
  verb.flag("--aloud", flags->aloud,
            "Hear the agent as fast as a voice speaks, to interrupt it in mid-sentence")
      .excludes(json);
  verb.footer(examples);
  verb.runs([flags, &exit] { exit = call(*flags); });
}

}  // namespace patchbay
