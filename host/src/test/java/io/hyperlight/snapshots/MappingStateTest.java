package io.hyperlight.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.value.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a mapping is a mapping of is kept by snapshots, and is limited. */
class MappingStateTest {
  private static final Guest GUEST =
      CompiledGuest.withLibc(SourceFile.of(MappingStateTest.class, "mapping_state.c"));

  private static FileTree tree(String kind) throws IOException {
    if (kind.equals("memory")) {
      return FileTree.memory(1 << 20).with("file", "initial".getBytes(UTF_8));
    }
    Path folder = TemporaryFolder.create("mapped");
    Files.writeString(folder.resolve("file"), "initial");
    return FileTree.directory(folder);
  }

  private static String look(Sandbox sandbox) {
    return sandbox.call("look", String.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "directory"})
  void mappingsAreOfTheirFilesAfterRestoresAndInSpawnedSandboxes(String kind) throws IOException {
    try (Sandbox sandbox = Sandbox.builder(GUEST).mount("/data", tree(kind)).build()) {
      assertThat(sandbox.<Integer>call("map_file", int.class, "/data/file")).isZero();
      Snapshot snapshot = sandbox.snapshot();
      ResetCheck check = new ResetCheck(sandbox, snapshot);
      check.run();
      try (Sandbox spawned = snapshot.spawn();
          Sandbox other = snapshot.spawn()) {
        new ResetCheck(spawned, snapshot).run();
        spawned.call("change", void.class);
        snapshot.close();
        assertThat(look(spawned)).isEqualTo("none changed initial");
        assertThat(spawned.<Integer>call("drop", int.class)).isZero();
        assertThat(look(spawned)).isEqualTo("data initial initial");
        assertThat(look(other)).isEqualTo("data initial initial");
        assertThat(other.<Integer>call("drop", int.class)).isZero();
        assertThat(look(other)).isEqualTo("data initial initial");
      }
      check.sandbox.call("change", void.class);
      assertThat(sandbox.<Integer>call("drop", int.class)).isZero();
      assertThat(look(sandbox)).isEqualTo("data initial initial");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/data/shared", "/dev/shm/shared"})
  void whatIsWrittenThroughMappingsIsKeptAndRestoredWithTheFiles(String path) throws IOException {
    try (Sandbox sandbox = Sandbox.builder(GUEST).mount("/data", tree("memory")).build()) {
      int file = sandbox.<Integer>call("share_file", int.class, path);
      sandbox.call("put", void.class, "before");
      try (Snapshot snapshot = sandbox.snapshot()) {
        for (int round = 0; round < 2; round++) {
          sandbox.call("put", void.class, "after");
          assertThat(get(sandbox, file)).isEqualTo("aftere aftere aftere");
          sandbox.restore(snapshot);
          assertThat(get(sandbox, file)).isEqualTo("before before before");
          sandbox.call("put", void.class, "silent");
          sandbox.restore(snapshot);
        }
        try (Sandbox spawned = snapshot.spawn();
            Sandbox other = snapshot.spawn()) {
          spawned.call("put", void.class, "spawn");
          assertThat(get(spawned, file)).isEqualTo("spawne spawne spawne");
          assertThat(get(other, file)).isEqualTo("before before before");
        }
        assertThat(get(sandbox, file)).isEqualTo("before before before");
        sandbox.call("put", void.class, "result");
        assertThat(sandbox.files().contains(path)).isEqualTo(path.startsWith("/data/"));
        if (path.startsWith("/data/")) {
          assertThat(new String(sandbox.files().read(path), UTF_8)).startsWith("result");
        }
      }
    }
  }

  private static String get(Sandbox sandbox, int file) {
    return sandbox.call("get", String.class, file);
  }

  /** Changes, drops and restores, twice. */
  private record ResetCheck(Sandbox sandbox, Snapshot snapshot) {
    void run() {
      for (int round = 0; round < 2; round++) {
        assertThat(look(sandbox)).isEqualTo("data initial initial");
        sandbox.call("change", void.class);
        assertThat(look(sandbox)).isEqualTo("none changed initial");
        sandbox.restore(snapshot);
        assertThat(look(sandbox)).isEqualTo("data initial initial");
        sandbox.call("change", void.class);
        assertThat(sandbox.<Integer>call("drop", int.class)).isZero();
        assertThat(look(sandbox)).isEqualTo("data initial initial");
        sandbox.restore(snapshot);
      }
    }
  }

  @Test
  void aFileWithoutANameStaysWhileItIsMappedAndFollowsWritesAfterARestore() throws IOException {
    try (Sandbox sandbox = Sandbox.builder(GUEST).mount("/data", tree("memory")).build()) {
      assertThat(sandbox.<Integer>call("map_file", int.class, "/data/file")).isZero();
      try (Snapshot named = sandbox.snapshot()) {
        assertThat(sandbox.<Integer>call("remove_file", int.class, "/data/file")).isZero();
        try (Snapshot removed = sandbox.snapshot()) {
          for (Snapshot snapshot : new Snapshot[] {removed, named, removed}) {
            sandbox.restore(snapshot);
            sandbox.call("change", void.class);
            assertThat(sandbox.<Integer>call("drop", int.class)).isZero();
            assertThat(look(sandbox)).isEqualTo("data initial initial");
          }
        }
        sandbox.restore(named);
        assertThat(sandbox.<Integer>call("write_file", int.class, "/data/file")).isEqualTo(7);
        assertThat(look(sandbox)).isEqualTo("data WRITTEN WRITTEN");
        sandbox.restore(named);
        assertThat(look(sandbox)).isEqualTo("data initial initial");
        assertThat(sandbox.<Integer>call("write_file", int.class, "/data/file")).isEqualTo(7);
        assertThat(look(sandbox)).isEqualTo("data WRITTEN WRITTEN");
      }
    }
  }

  @Test
  void mappedFilesAreLimitedInNumberAndGivenBack() throws IOException {
    Path folder = TemporaryFolder.create("mapped-many");
    for (int i = 0; i < 40; i++) {
      Files.writeString(folder.resolve("f" + i), "file " + i);
    }
    try (Sandbox sandbox =
            Sandbox.builder(GUEST)
                .limits(Limits.DEFAULT.withOpenFiles(20))
                .mount("/data", FileTree.directory(folder))
                .build();
        Snapshot snapshot = sandbox.snapshot()) {
      for (int round = 0; round < 3; round++) {
        long result = sandbox.call("map_many", long.class, 40);
        assertThat(result).isEqualTo(20_000 + Errno.ENFILE);
        assertThat(Descriptors.of(folder + "/f")).hasSize(20);
        assertThat(sandbox.<Integer>call("unmap_first", int.class)).isZero();
        assertThat(sandbox.<Long>call("map_many", long.class, 20)).isEqualTo(20_000);
        sandbox.restore(snapshot);
      }
    }
    assertThat(Descriptors.of(folder.toString())).isEmpty();
  }
}
