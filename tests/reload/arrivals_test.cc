// SPDX-License-Identifier: MIT
// Each way in which a file arrives: the real programs, into the directory of a running host.
#include <cstdlib>

#include "reload/stage.h"

namespace patchbay::test {
namespace {

// $1: the directory, $2: version 1, $3: version 2, $4: a directory beside
void run(const Stage& stage, const std::string& script) {
  const std::string command = "set -e; cd " + stage.home.path.string() +
                              "; D=" + stage.plugins.string() + " V1=" + version(1).string() +
                              " V2=" + version(2).string() + "; " + script;
  REQUIRE_MESSAGE(std::system(("bash -c '" + command + "' > /dev/null 2>&1").c_str()) == 0, script);
}

bool is_there(const char* program) {
  return std::system((std::string("command -v ") + program + " > /dev/null").c_str()) == 0;
}

TEST_SUITE("arrivals") {
  TEST_CASE("a file that appears is served, and one that is replaced is replaced") {
    struct Way {
      const char* name;
      const char* appears;   // as new.so
      const char* replaces;  // speaker.so
    };
    const Way ways[] = {
        {"cp", "cp $V2 $D/new.so", "cp $V2 $D/speaker.so"},
        {"mv", "cp $V2 x; mv x $D/new.so", "cp $V2 x; mv x $D/speaker.so"},
        {"install", "install -m 755 $V2 $D/new.so", "install -m 755 $V2 $D/speaker.so"},
        {"tar", "cp $V2 new.so; tar cf x.tar new.so; tar xf x.tar -C $D",
         "cp $V2 speaker.so; tar cf x.tar speaker.so; tar xf x.tar -C $D"},
        {"rsync", "cp $V2 new.so; rsync new.so $D/", "cp $V2 speaker.so; rsync -I speaker.so $D/"},
        {"rsync --inplace", "cp $V2 new.so; rsync --inplace new.so $D/",
         "cp $V2 speaker.so; rsync -I --inplace speaker.so $D/"},
        {"a new link", "ln -s $V2 $D/new.so", "ln -sfn $V2 $D/speaker.so"},
        {"a linker that writes piece by piece", "dd if=$V2 of=$D/new.so bs=777",
         "dd if=$V2 of=$D/speaker.so bs=777"},
        {"two openings", "head -c 9000 $V2 > $D/new.so; tail -c +9001 $V2 >> $D/new.so",
         "head -c 9000 $V2 > $D/speaker.so; tail -c +9001 $V2 >> $D/speaker.so"},
        {"strip, in place", "cp $V2 $D/new.so; strip $D/new.so",
         "cp $V2 $D/speaker.so; strip $D/speaker.so"},
    };
    for (const Way& way : ways) {
      const std::string name = way.name;
      CAPTURE(name);
      if (name.starts_with("rsync") && !is_there("rsync")) {
        MESSAGE("not tried, for there is no rsync here");
        continue;
      }
      {
        Stage stage;
        fs::remove(stage.file);
        HostProcess host(serving(stage.plugins));
        CHECK(host.port() != 0);
        run(stage, way.appears);
        CHECK(comes(host, 2, "new"));
      }
      Stage stage;
      HostProcess host(serving(stage.plugins));
      CHECK(words(host) == "version 1");
      run(stage, way.replaces);
      CHECK(comes(host, 2));
    }
  }

  TEST_CASE("a link on the way to the file is swapped, and so is what it leads to") {
    Stage stage;
    fs::remove(stage.file);
    run(stage,
        "mkdir 1 2; cp $V1 1/speaker.so; cp $V2 2/speaker.so; ln -s 1 now; "
        "ln -s ../now/speaker.so $D/speaker.so");
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    run(stage, "ln -sfn 2 next; mv -T next now");
    CHECK(comes(host, 2));
    run(stage, "cp $V1 x; mv x 2/speaker.so");
    CHECK(comes(host, 1));
  }

  TEST_CASE("a file that was deleted leaves its agent speaking, and one that comes back is taken") {
    Stage stage;
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    fs::remove(stage.file);
    CHECK(host.logs("a plugin file is gone"));
    CHECK(words(host) == "version 1");
    stage.put(version(2));
    CHECK(comes(host, 2));
  }

  TEST_CASE("touch, and a copy of what serves already, change nothing") {
    Stage stage;
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    run(stage, "touch $D/speaker.so; cp $V1 $D/speaker.so");
    stage.put(version(2));
    CHECK(comes(host, 2));
    CHECK(host.log().find("generation=3") == std::string::npos);
  }

  TEST_CASE("a digest beside the file says which bytes are meant") {
    Stage stage;
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    run(stage, "sha256sum $V2 > $D/speaker.so.sha256");
    CHECK(host.logs("trying a plugin"));
    stage.put(version(1));
    stage.put(version(3));  // whole, but not what the digest says
    CHECK(host.logs("code=wrong_digest"));
    CHECK(words(host) == "version 1");
    stage.put(version(2));
    CHECK(comes(host, 2));
    SUBCASE("also where the file was there first") {
      stage.put(version(1));
      CHECK(host.logs_line({"code=wrong_digest", "wrong_digest"}));
      run(stage, "sha256sum $V1 > $D/speaker.so.sha256");
      CHECK(comes(host, 1));
    }
  }

  TEST_CASE("a second file of the same plugin waits until the first is unloaded") {
    Stage stage;
    HostProcess host(serving(stage.plugins));
    CHECK(words(host) == "version 1");
    stage.put(version(2), "other.so");
    CHECK(host.logs("code=same_plugin_twice"));
    CHECK(words(host) == "version 1");
    CHECK(say(host.port(), "other", "hello").status == 404);
  }
}

}  // namespace
}  // namespace patchbay::test
