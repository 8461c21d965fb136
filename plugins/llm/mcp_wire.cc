// SPDX-License-Identifier: MIT
#include "mcp_wire.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

#include "letters.h"
#include "wording.h"

namespace llm::mcp {
namespace {

// Errors of JSON-RPC and of the protocol. All of these refuse a request before it is run.
constexpr int method_not_found = -32601, header_mismatch = -32020, missing_capability = -32021,
              unsupported_version = -32022;
constexpr std::array refusals{-32700,
                              -32600,
                              method_not_found,
                              -32602,
                              header_mismatch,
                              missing_capability,
                              unsupported_version};

constexpr std::size_t most_description = 4000;                 // bytes, as of our own tools
constexpr std::size_t most_schema = std::size_t{32} * 1024;    // bytes; each turn sends it
constexpr std::size_t most_quoted = 64;                        // of a name that is refused
constexpr std::int64_t longest_fresh = 24LL * 60 * 60 * 1000;  // ms
constexpr const char* meta_front = "io.modelcontextprotocol/";

Json client_info() {
  return {{"name", "patchbay-llm"}, {"version", "1.0.0"}};
}

Letter letter(int id, const std::string& method, Json params, const std::string& version,
              const std::string& name = {}) {
  Json json = {{"jsonrpc", "2.0"}, {"method", method}};
  if (id != 0) json["id"] = id;
  Letter out{id, {}};
  if (!version.empty()) out.headers.emplace_back("MCP-Protocol-Version", version);
  if (version == plain_version) {
    params["_meta"] = {{std::string(meta_front) + "protocolVersion", version},
                       {std::string(meta_front) + "clientInfo", client_info()},
                       {std::string(meta_front) + "clientCapabilities", Json::object()}};
    out.headers.emplace_back("Mcp-Method", method);
    if (!name.empty()) out.headers.emplace_back("Mcp-Name", header_value(name));
  }
  if (!params.empty()) json["params"] = std::move(params);
  out.text = json_look(json);
  return out;
}

// As every provider takes it. Servers also have dots, and longer names.
std::string told_name(const std::string& name) {
  std::string told;
  for (const char c : name)
    told += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '_';
  if (!told.empty() && std::isdigit(static_cast<unsigned char>(told[0])) != 0) told = "_" + told;
  return told;
}

std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  text.resize(most);
  return text;
}

Json read_parameters(const Json& declared) {
  Json parameters = at(declared, "inputSchema");
  if (parameters.is_null()) parameters = Json::object();
  if (!parameters.is_object()) throw std::invalid_argument("has no schema of its arguments");
  if (json_look(parameters).size() > most_schema)
    throw std::invalid_argument("has a schema of more than 32 KiB");
  parameters.emplace("type", "object");
  parameters.emplace("properties", Json::object());
  if (parameters["type"] != "object" || !parameters["properties"].is_object())
    throw std::invalid_argument("has a schema of something else than an object");
  parameters.erase("$schema");  // not every provider takes it
  return parameters;
}

// Throws std::invalid_argument.
Tool read_tool(const Json& declared, const McpSettings& settings, const std::string& version) {
  Json parameters = read_parameters(declared);
  Tool tool{Schema(parameters)};
  tool.kind = Tool::Kind::mcp;
  tool.key = settings.key;
  tool.remote = text(at(declared, "name"));
  tool.name = told_name(settings.prefix + tool.remote);
  if (tool.remote.empty() || !is_tool_name(tool.name))
    throw std::invalid_argument("has a name that models cannot be told");
  if (!settings.is_command() && version == plain_version) tool.mirrored = mirrored_in(parameters);
  for (const char* key : {"description", "title", "name"})
    if (tool.description.empty()) tool.description = cut(text(at(declared, key)), most_description);
  tool.parameters = std::move(parameters);
  tool.timeout = settings.timeout;
  tool.say = settings.say;
  tool.show = settings.show.count(tool.remote) != 0;
  const bool only_reads = at(at(declared, "annotations"), "readOnlyHint") == true;
  tool.mutating = settings.mutating ? settings.mutating->count(tool.remote) != 0 : !only_reads;
  return tool;
}

std::string either(const std::string& one, const std::string& other) {
  return one.empty() ? other : one;
}

// What a model can be told of one part of a result.
std::string shown(const Json& part) {
  const std::string type = text(at(part, "type"));
  if (type == "text") return text(at(part, "text"));
  if (type == "resource_link")
    return "(" + either(text(at(part, "title")), text(at(part, "name"))) + ": " +
           text(at(part, "uri")) + ")";
  const Json& resource = at(part, "resource");
  if (type == "resource" && at(resource, "text").is_string()) return text(at(resource, "text"));
  const std::string kind = either(text(at(part, "mimeType")), text(at(resource, "mimeType")));
  return "(" + type + (kind.empty() ? "" : " of type " + kind) + ", which cannot be shown here)";
}

}  // namespace

bool is_handshake_version(std::string_view version) {
  for (const char* one : {handshake_version, "2025-06-18", "2025-03-26", "2024-11-05"})
    if (version == one) return true;
  return false;
}

Letter discover(int id) {
  return letter(id, "server/discover", Json::object(), plain_version);
}

Letter initialize(int id) {
  Letter greeting = letter(id, "initialize",
                           {{"protocolVersion", handshake_version},
                            {"capabilities", Json::object()},
                            {"clientInfo", client_info()}},
                           {});
  greeting.is_greeting = true;
  return greeting;
}

Letter initialized(const std::string& version) {
  return letter(0, "notifications/initialized", Json::object(), version);
}

Letter list_tools(int id, const std::string& version, const std::string& cursor) {
  return letter(id, "tools/list", cursor.empty() ? Json::object() : Json{{"cursor", cursor}},
                version);
}

Letter call_tool(int id, const std::string& version, const Tool& tool, const Json& arguments) {
  Letter call = letter(id, "tools/call", {{"name", tool.remote}, {"arguments", arguments}}, version,
                       tool.remote);
  for (auto& header : mirror(tool.mirrored, arguments)) call.headers.push_back(std::move(header));
  return call;
}

Letter cancelled(int id, const std::string& version) {
  return letter(0, "notifications/cancelled", {{"requestId", id}}, version);
}

Letter answer_to(const Json& request, const std::string& version) {
  Json json = {{"jsonrpc", "2.0"}, {"id", at(request, "id")}};
  if (text(at(request, "method")) == "ping") {
    json["result"] = Json::object();
  } else {
    json["error"] = {{"code", method_not_found},
                     {"message", "This client has nothing of the kind."}};
  }
  Letter answer{0, json_look(json)};
  if (!version.empty()) answer.headers.emplace_back("MCP-Protocol-Version", version);
  return answer;
}

bool Reply::is_surely_undone() const {
  switch (fate) {
    case Fate::unsent:
    case Fate::refused:
    case Fate::forgotten:
      return true;
    case Fate::answered:
      return std::find(refusals.begin(), refusals.end(), code) != refusals.end();
    case Fate::cancelled:
    case Fate::late:
    case Fate::lost:
      break;
  }
  return false;
}

Json read_message(std::string_view text) {
  return parse_event(text);
}

std::optional<int> id_of_answer(const Json& message) {
  const Json& id = at(message, "id");
  if (message.is_null() || message.contains("method") || !id.is_number_integer())
    return std::nullopt;
  if (id < 1 || id > std::numeric_limits<int>::max()) return std::nullopt;
  return id.get<int>();
}

Reply read_answer(const Json& message) {
  Reply reply;
  if (const Json& error = at(message, "error"); !error.is_null()) {
    reply.error = cut(text(at(error, "message")), most_description);
    if (reply.error.empty()) reply.error = cut(json_look(error), most_description);
    const Json& code = at(error, "code");
    if (code.is_number_integer() && code >= -1'000'000 && code <= 1'000'000)
      reply.code = code.get<int>();
    reply.details = at(error, "data");
  } else {
    reply.result = at(message, "result");
    if (!reply.result.is_object()) reply.error = "The server has answered without a result.";
  }
  return reply;
}

std::optional<std::string> version_in(const Reply& discovered) {
  const bool is_refused = discovered.code == unsupported_version;
  const Json& named = at(is_refused ? discovered.details : discovered.result,
                         is_refused ? "supported" : "supportedVersions");
  if (!named.is_array()) return is_refused ? std::optional<std::string>("") : std::nullopt;
  std::string best;
  for (const Json& version : named) {
    if (version == plain_version && !is_refused) return plain_version;
    if (is_handshake_version(text(version))) best = std::max(best, text(version));
  }
  return best;
}

bool offers_tools(const Json& greeting) {
  return at(at(greeting, "capabilities"), "tools").is_object();
}

Page read_page(const Json& result, const McpSettings& settings, const std::string& version) {
  Page page;
  page.next = text(at(result, "nextCursor"));
  if (const Json& ttl = at(result, "ttlMs"); ttl.is_number_integer())
    page.fresh_for = Ms(ttl < 0               ? 0
                        : ttl < longest_fresh ? ttl.get<std::int64_t>()
                                              : longest_fresh);
  const Json& tools = at(result, "tools");
  if (!tools.is_array()) return page;
  for (const Json& declared : tools) {
    const std::string name = text(at(declared, "name"));
    if (settings.only && settings.only->count(name) == 0) continue;
    try {
      page.tools.push_back(read_tool(declared, settings, version));
    } catch (const std::invalid_argument& wrong) {
      page.refused.push_back(cut(name, most_quoted) + " " + wrong.what());
    }
  }
  return page;
}

Brought read_result(const Json& result) {
  Brought brought;
  const Json& type = at(result, "resultType");
  if (type == "input_required")
    return {Brought::End::failed,
            "The tool wants to ask somebody something, which it cannot here."};
  if (!type.is_null() && type != "complete")
    return {Brought::End::unknown, "The tool has answered in a way that is not known here."};
  if (at(result, "isError") == true) brought.end = Brought::End::failed;
  const Json& content = at(result, "content");
  if (content.is_array())
    for (const Json& part : content)
      brought.text += (brought.text.empty() ? "" : "\n") + shown(part);
  const Json& structured = at(result, "structuredContent");
  if (brought.text.empty() && !structured.is_null()) brought.text = json_look(structured);
  if (brought.text.empty()) brought.text = "(The answer is empty.)";
  return brought;
}

}  // namespace llm::mcp
