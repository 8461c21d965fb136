// SPDX-License-Identifier: MIT
// A server of the Model Context Protocol by script, over HTTP: of the revision that begins with a
// handshake, or of 2026-07-28. Its tools are stock, which reads, and order, which does not.
#pragma once
#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "shop.h"

namespace patchbay::test {

class McpServer {
 public:
  explicit McpServer(std::string speaks = "2025-11-25") : version_(std::move(speaks)) {}

  std::atomic<bool> streams = false, down = false;
  std::atomic<int> greetings = 0, cancelled = 0;
  std::atomic<int> calls = 0;  // that were run

  // It knows none of its sessions any more.
  void forget() {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
  }
  void name_session(const std::string& name) {
    const std::lock_guard lock(mutex_);
    session_ = name;
  }
  void add_tool(const std::string& name) {
    const std::lock_guard lock(mutex_);
    further_.push_back(name);
  }

  ScriptedServer::Script script() {
    return [this](const Asked& asked, Voice& voice) { serve(asked, voice); };
  }
  // What it asks us while it is asked, and what was answered. Set it before the first request.
  std::string asks_back;
  std::string told_back() {
    const std::lock_guard lock(mutex_);
    return told_back_;
  }

 private:
  static std::string header(const Asked& asked, const std::string& name) {
    const std::size_t at = asked.head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "none";
    const std::size_t from = at + name.size() + 4;
    return asked.head.substr(from, asked.head.find("\r\n", from) - from);
  }

  void serve(const Asked& asked, Voice& voice) {
    if (down) return voice.answer("503 Later", ""), void();
    const Json request = Json::parse(asked.body);
    CHECK(header(asked, "Accept") == "application/json, text/event-stream");
    if (!request.contains("method")) {
      const std::lock_guard lock(mutex_);
      told_back_ = asked.body;
      return voice.answer("202 Accepted", ""), void();
    }
    if (is_plain()) return serve_plain(asked, request, voice);
    serve_session(asked, request, voice);
  }

  [[nodiscard]] bool is_plain() const { return version_ == "2026-07-28"; }

  void serve_plain(const Asked& asked, const Json& request, Voice& voice) {
    const Json& meta = request["params"]["_meta"];
    CHECK(meta["io.modelcontextprotocol/protocolVersion"] == version_);
    CHECK(header(asked, "MCP-Protocol-Version") == version_);
    CHECK(header(asked, "Mcp-Method") == request["method"]);
    CHECK(header(asked, "Mcp-Session-Id") == "none");
    if (request["method"] == "server/discover") {
      ++greetings;
      return reply(voice, request,
                   {{"resultType", "complete"},
                    {"supportedVersions", {version_}},
                    {"capabilities", {{"tools", Json::object()}}}});
    }
    if (request["method"] == "tools/call")
      CHECK(header(asked, "Mcp-Name") == request["params"]["name"]);
    answer(request, voice);
  }

  void serve_session(const Asked& asked, const Json& request, Voice& voice) {
    const std::string method = request["method"];
    const std::string session = header(asked, "Mcp-Session-Id");
    if (method == "initialize") {
      ++greetings;
      CHECK(session == "none");
      CHECK(request["params"]["protocolVersion"] == "2025-11-25");
      return greet(request, voice);
    }
    {
      const std::lock_guard lock(mutex_);
      if (session == "none") return voice.answer("400 Bad Request", "Missing session ID"), void();
      if (sessions_.count(session) == 0) return voice.answer("404 Not Found", ""), void();
    }
    CHECK(header(asked, "MCP-Protocol-Version") == version_);
    if (method == "notifications/cancelled") ++cancelled;
    if (!request.contains("id")) return voice.answer("202 Accepted", ""), void();
    answer(request, voice);
  }

  void greet(const Json& request, Voice& voice) {
    std::string session;
    {
      const std::lock_guard lock(mutex_);
      session = session_.empty() ? "s" + std::to_string(greetings) : session_;
      sessions_.insert(session);
    }
    reply(voice, request,
          {{"protocolVersion", version_}, {"capabilities", {{"tools", Json::object()}}}},
          "Mcp-Session-Id: " + session + "\r\n");
  }

  void answer(const Json& request, Voice& voice) {
    if (request["method"] == "tools/list") return reply(voice, request, page(request));
    if (request["method"] != "tools/call")
      return voice.answer("404 Not Found", R"({"error":{"code":-32601,"message":"no"}})"), void();
    ++calls;
    const std::string item = request["params"]["arguments"].value("item", "");
    if (item == "the slow one") {
      CHECK(voice.client_goes());
      return voice.hang_up();
    }
    if (item == "the missing one") return fail(voice, request, -32602, "There is no such tool.");
    if (item == "the broken one") return fail(voice, request, -32603, "It broke.");
    reply(voice, request, called(request["params"]["name"], item));
  }

  // Two pages, or three.
  Json page(const Json& request) {
    const std::string cursor = request.value("params", Json::object()).value("cursor", "");
    const auto declared = [](const std::string& name, bool only_reads) {
      return Json{{"name", name},
                  {"description", "x"},
                  {"annotations", {{"readOnlyHint", only_reads}}},
                  {"inputSchema",
                   {{"type", "object"},
                    {"properties", {{"item", {{"type", "string"}}}}},
                    {"required", {"item"}}}}};
    };
    Json tools = Json::array();
    if (cursor.empty()) {
      tools.push_back(declared("stock", true));
    } else {
      tools.push_back(declared("order", false));
      const std::lock_guard lock(mutex_);
      for (const std::string& name : further_) tools.push_back(declared(name, true));
    }
    Json page = {{"tools", tools}, {"ttlMs", 0}};
    if (cursor.empty()) page["nextCursor"] = "2";
    return page;
  }

  static Json called(const std::string& name, const std::string& item) {
    const Json part = {{"type", "text"}, {"text", name + " of " + item}};
    return {{"content", Json::array({part})}, {"isError", item == "stones"}};
  }

  void fail(Voice& voice, const Json& request, int code, const char* message) const {
    send(voice, {{"jsonrpc", "2.0"},
                 {"id", request["id"]},
                 {"error", {{"code", code}, {"message", message}}}});
  }
  void reply(Voice& voice, const Json& request, const Json& result,
             const std::string& headers = "") const {
    send(voice, {{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", result}}, headers);
  }
  void send(Voice& voice, const Json& answer, const std::string& headers = "") const {
    if (!streams) {
      voice.answer("200 OK", answer.dump(), "Content-Type: application/json\r\n" + headers);
      return;
    }
    voice.begin("200 OK", "Content-Type: text/event-stream; charset=utf-8\r\n" + headers);
    voice.chunk(": here\n\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n");
    if (!asks_back.empty())
      voice.chunk("data: {\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"" + asks_back + "\"}\n\n");
    voice.chunk("event: message\nid: 7\ndata: " + answer.dump() + "\n\n");
    voice.end();
  }

  const std::string version_;
  std::mutex mutex_;  // guards everything below
  std::set<std::string> sessions_;
  std::string session_;
  std::vector<std::string> further_;
  std::string told_back_;
};

}  // namespace patchbay::test
