// SPDX-License-Identifier: MIT
// An agent with tools: a real host, a model by script, and a service that its tools ask.
#pragma once
#include <string>
#include <utility>

#include "scene.h"
#include "support/scripted_server.h"

namespace patchbay::test {

using Voice = ScriptedServer::Voice;
using Asked = ScriptedServer::Asked;

// One tool of [agents.NAME]; its parameters stand in `further`, as does all that is its own.
inline std::string tool(const std::string& name, const std::string& further,
                        const std::string& agent = "shop") {
  return "[[agents." + agent + ".config.tools]]\nname = \"" + name +
         "\"\ndescription = \"What it is for.\"\n" + further + "\n";
}
inline std::string asks(const ScriptedServer& service, const std::string& path) {
  return "kind = \"http\"\nurl = \"" + service.url(path) + "\"\n";
}
inline std::string takes(const std::string& properties) {
  return "parameters = { properties = { " + properties + " }, additionalProperties = false }\n";
}

struct Shop {
  // `tools` is given the service, since its port is in their URLs.
  template <class ToolsOf>
  Shop(ScriptedServer::Script script, ToolsOf tools_of, const std::string& config = "",
       const std::string& kind = "openai", const std::string& further = "")
      : service(std::move(script)),
        toml(further + agent("shop", model, config, http()) + provider("shop", kind, "m", model) +
             tools_of(service)) {
    const std::string from = "allow = [\"" + model.address() + "\"]";
    toml.replace(toml.find(from), from.size(),
                 "allow = [\"" + model.address() + "\", \"" + service.authority() + "\"]");
    host = std::make_unique<Hosting>(toml);
  }

  [[nodiscard]] static std::string http() { return "secrets = { key = \"env:MODEL_KEY\" }"; }
  Answer hears(const std::string& text, const std::string& conversation = "conv_1") {
    return host->hears("shop", text, conversation);
  }
  // What the model was shown of the newest request.
  [[nodiscard]] Json last_body() const { return model.asked_of("m").back()["body"]; }

  Model model;
  ScriptedServer service;
  std::string toml;
  std::unique_ptr<Hosting> host;
};

}  // namespace patchbay::test
