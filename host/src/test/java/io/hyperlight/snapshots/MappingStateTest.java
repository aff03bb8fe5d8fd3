package io.hyperlight.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Limits;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What memory is of goes through snapshots, and is bounded. */
class MappingStateTest {
  private static final Guest GUEST =
      CompiledGuest.withLibc(
          """
          #define _GNU_SOURCE
          #include <errno.h>
          #include <fcntl.h>
          #include <stdio.h>
          #include <string.h>
          #include <sys/mman.h>
          #include <unistd.h>
          #include <hyperlight.h>

          static char *own;
          static char *shared;
          static char seen[200];
          static char data[8192] __attribute__((aligned(4096))) = {'d', 'a', 't', 'a'};

          /* Maps a file that no descriptor has afterwards. */
          HL_EXPORT(int, map_file, hl_string)
          int map_file(hl_string name)
          {
              char path[100];
              snprintf(path, sizeof path, "%.*s", (int)name.size, name.data);
              int file = open(path, O_RDONLY);
              own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
              shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
              close(file);
              return own == MAP_FAILED || shared == MAP_FAILED ? -errno : 0;
          }

          HL_EXPORT(int, remove_file, hl_string)
          int remove_file(hl_string name)
          {
              char path[100];
              snprintf(path, sizeof path, "%.*s", (int)name.size, name.data);
              return unlink(path);
          }

          HL_EXPORT(int, write_file, hl_string)
          int write_file(hl_string name)
          {
              char path[100];
              snprintf(path, sizeof path, "%.*s", (int)name.size, name.data);
              int file = open(path, O_WRONLY);
              int size = pwrite(file, "WRITTEN", 7, 0);
              close(file);
              return size;
          }

          HL_EXPORT(hl_string, look)
          hl_string look(void)
          {
              snprintf(seen, sizeof seen, "%.4s %.7s %.7s", data, own, shared);
              return hl_from_cstring(seen);
          }

          HL_EXPORT(void, change)
          void change(void)
          {
              memcpy(own, "changed", 7);
              memcpy(data, "none", 4);
          }

          HL_EXPORT(int, drop)
          int drop(void)
          {
              return madvise(own, 4096, MADV_DONTNEED) | madvise(shared, 4096, MADV_DONTNEED)
                  | madvise(data, 4096, MADV_DONTNEED);
          }

          /* Maps files until that fails; tells how many there were, and why. */
          HL_EXPORT(int64_t, map_many, int)
          int64_t map_many(int count)
          {
              char path[100];
              for (int i = 0; i < count; i++) {
                  snprintf(path, sizeof path, "/data/f%d", i);
                  int file = open(path, O_RDONLY);
                  void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
                  int error = errno;
                  close(file);
                  if (page == MAP_FAILED) {
                      return i * 1000 + error;
                  }
                  if (own == NULL) {
                      own = page;
                  }
              }
              return count * 1000;
          }

          HL_EXPORT(int, unmap_first)
          int unmap_first(void)
          {
              int result = munmap(own, 4096);
              own = NULL;
              return result;
          }
          """);

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

  /** Changes, drops and goes back, twice. */
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
