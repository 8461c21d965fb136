// SPDX-License-Identifier: MIT
#include "errand.h"

#include <utility>

#include "mcp.h"
#include "reach.h"

namespace llm {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_result = std::size_t{32} * 1024;  // bytes; a step of the journal has 64
constexpr const char* cut_mark = "\n(The rest is left out: it is too long.)";
constexpr const char* unknown =
    " Nobody knows whether it was done. Do not call it again, and do not say that it was done or "
    "that it was not: say that it has to be looked into.";

std::string what_ended(const Command::Result& result, Ms limit) {
  switch (result.how) {
    case Command::End::missing:
      return "The command cannot be started (" + std::to_string(result.code) + ").";
    case Command::End::late:
      return "It took longer than " + std::to_string(limit.count()) + " ms and was stopped.";
    case Command::End::cancelled:
      return "It was stopped.";
    case Command::End::killed:
      return "It was killed by signal " + std::to_string(result.code) + ".";
    case Command::End::exited:
      break;
  }
  return "It ended with exit code " + std::to_string(result.code) + ": " +
         (result.err.empty() ? result.out.substr(0, 500) : result.err);
}

}  // namespace

Errand::Errand(House& house, const vap::speech& of, Order order, Done done)
    : house_(house), of_(of), order_(std::move(order)), done_(std::move(done)) {}

void Errand::begin() {
  if (order_.step.empty()) return perform();
  std::string before;
  switch (of_.journal().begin(order_.step, &before)) {
    case VAP_OK:
      return end(before, false);
    case VAP_E_NOT_FOUND:
      return perform();
    case VAP_E_AGAIN:
      return end(
          "The same call is under way already, and its result is not known yet. Do not call "
          "it again.",
          true);
    case VAP_E_IN_DOUBT:
      return end(std::string("The same call was begun before and broken off.") + unknown, true);
    case VAP_E_CANCELLED:
      return end("The caller has spoken again: nothing was done.", true);
    default:
      return end("It cannot be done at present: nothing was done.", true);
  }
}

void Errand::cancel() {
  if (!order_.step.empty()) return;
  command_.cancel();  // its request, or its function, goes with the turn
  cancelled_ = true;
  if (const int asked = asked_; asked != 0) order_.tool->server->cancel(asked);
}

void Errand::perform() {
  if (order_.tool->kind == Tool::Kind::http) return send_request();
  if (order_.tool->kind == Tool::Kind::mcp) return ask_server();
  if (order_.tool->kind == Tool::Kind::agent) return call_function();
  // It blocks, so it has a thread to itself.
  const auto task = house_.call_later(Ms(0), [self = shared_from_this()] { self->run_command(); });
  if (task == 0) surely_not_done("The command cannot be started at present.");
}

// --- a request

void Errand::send_request() {
  const Tool& tool = *order_.tool;
  std::string url;
  try {
    url = fill_url(tool.url, order_.arguments);
  } catch (const std::invalid_argument& wrong) {
    return surely_not_done(std::string("Nothing was done: ") + wrong.what() + ".");
  }
  std::string body;
  if (tool.has_body) {
    body = tool.body.fill(order_.arguments, tool.body_look);
  } else if (tool.takes_body()) {
    body = json_look(order_.arguments);
  }
  vap::http_call call = house_.http().request(tool.method, url, body);
  for (const auto& [name, value] : tool.headers) call.header(name, value);
  vap::http_timeouts timeouts;
  timeouts.connect = timeouts.first_byte = timeouts.idle = timeouts.whole = tool.timeout;
  const auto self = shared_from_this();
  call.timeouts(timeouts)
      .on_chunk([self](std::string_view bytes) {
        const std::size_t room = most_result - self->answer_.size();
        self->answer_.append(bytes.substr(0, room));
        self->cut_ = self->cut_ || bytes.size() > room;
      })
      .on_end([self](const vap::http_end& how) { self->hear_end(how); });
  if (order_.step.empty()) {
    call.send(of_);
  } else {
    call.send();  // not the turn's: it goes on where that is cut
  }
}

void Errand::hear_end(const vap::http_end& how) {
  if (how.ok()) return done(answer_.empty() ? "(The answer is empty.)" : answer_);
  if (how.timeout != VAP_HTTP_TIMEOUT_NONE && how.timeout != VAP_HTTP_TIMEOUT_CONNECT)
    return was_late();
  const std::string why = how.status < 0 || how.http_status >= 400
                              ? how.why()
                              : "HTTP " + std::to_string(how.http_status);
  // What a server refuses it has not done; where it broke on it, who knows.
  const bool refused = how.status >= 0 && how.http_status < 500;
  if (refused || never_reached(how)) return surely_not_done(why);
  maybe_done(why);
}

// --- a function of another agent

void Errand::call_function() {
  const Tool& tool = *order_.tool;
  vap::tool_call call =
      house_.functions().call(tool.agent, tool.function, json_look(order_.arguments));
  call.timeout(tool.timeout).on_end([self = shared_from_this()](const vap::tool_end& how) {
    self->hear_function(how);
  });
  if (!order_.step.empty()) call.keep();
  call.send(of_);
}

void Errand::hear_function(const vap::tool_end& how) {
  cut_ = how.result.size() > most_result;
  if (how.ok())
    return done(how.result.empty() ? "(It is done.)"
                                   : std::string(how.result.substr(0, most_result)));
  if (how.surely_not_done()) return surely_not_done(std::string(how.message));
  if (how.status == VAP_E_DEADLINE) return was_late();
  maybe_done(std::string(how.message));
}

// --- an MCP server

void Errand::ask_server() {
  Mcp& server = *order_.tool->server;
  asked_ = server.call(
      *order_.tool, order_.arguments, order_.step.empty() ? &of_ : nullptr,
      [self = shared_from_this()](const mcp::Reply& reply) { self->hear_reply(reply); });
  if (cancelled_) server.cancel(asked_);  // else cancel() does
}

void Errand::hear_reply(const mcp::Reply& reply) {
  if (reply.fate == mcp::Reply::Fate::late) return was_late();
  if (!reply.ok())
    return reply.is_surely_undone() ? surely_not_done(reply.error) : maybe_done(reply.error);
  mcp::Brought brought = mcp::read_result(reply.result);
  cut_ = brought.text.size() > most_result;
  if (cut_) brought.text.resize(most_result);
  switch (brought.end) {
    case mcp::Brought::End::done:
      return done(std::move(brought.text));
    case mcp::Brought::End::failed:
      return surely_not_done(brought.text);
    case mcp::Brought::End::unknown:
      return maybe_done(brought.text);
  }
}

// --- a command

void Errand::run_command() {
  const Tool& tool = *order_.tool;
  std::vector<std::string> words;
  for (const Blank& word : tool.command) {
    words.push_back(word.fill(order_.arguments, plain_look));
    // The program would get only what stands before it.
    if (words.back().find('\0') != std::string::npos)
      return surely_not_done("Nothing was done: an argument has a NUL in it.");
  }
  Command::Result result =
      command_.run(words, json_look(order_.arguments), tool.timeout, most_result);
  cut_ = result.cut;
  if (result.how == Command::End::exited && result.code == 0)
    return done(result.out.empty() ? "(It has printed nothing.)" : std::move(result.out));
  const std::string why = what_ended(result, tool.timeout);
  // That is how a program says that it has not done what it was asked.
  if (result.how == Command::End::exited || result.how == Command::End::missing)
    return surely_not_done(why);
  maybe_done(why);
}

// --- ending

void Errand::done(std::string text) {
  if (cut_) text += cut_mark;
  if (!order_.step.empty() && of_.journal().finish(order_.step, text) < 0)
    house_.warn(order_.tool->key + " (" + order_.tool->name +
                "): it was done, and that could not be written down");
  end(std::move(text), false);
}

void Errand::surely_not_done(const std::string& why) {
  if (!order_.step.empty()) of_.journal().drop(order_.step);
  end(why, true);
}

void Errand::was_late() {
  maybe_done("It took longer than " + std::to_string(order_.tool->timeout.count()) + " ms.");
}

// Of a step: neither finished nor dropped, it is in doubt from here on.
void Errand::maybe_done(const std::string& why) {
  end(order_.step.empty() ? why : why + unknown, true);
}

void Errand::end(std::string text, bool failed) {
  if (failed && !of_.cancelled())
    house_.warn(order_.tool->key + " (" + order_.tool->name + "): " + text);
  house_.add(failed ? "llm_tools_failed" : "llm_tools_done");
  const Done tell = std::exchange(done_, nullptr);
  tell({order_.call.id, order_.call.name, std::move(text), failed});
}

}  // namespace llm
