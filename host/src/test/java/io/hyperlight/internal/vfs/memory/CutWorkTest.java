package io.hyperlight.internal.vfs.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathResolver;
import io.hyperlight.internal.vfs.Renaming;
import io.hyperlight.testing.NotInHardwareLane;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Work on files that is ended early is either done or not done. A tree stays a tree. */
@NotInHardwareLane("No VM takes part.")
class CutWorkTest {
  private static final int NAMES = 300;

  /** Passes a number of times, then throws. */
  private static final class Cut implements Checkpoint {
    private long left = Long.MAX_VALUE;

    @Override
    public void pass(long steps) {
      if (left-- <= 0) {
        throw new StoppedException();
      }
    }
  }

  /** Finds nodes by their paths. This work can be ended, too. */
  interface Nodes {
    Node at(String path);
  }

  enum Work {
    CREATE_IN_A_LARGE_DIRECTORY {
      @Override
      void on(Nodes nodes) {
        nodes.at("/many").createFile("new", 0644);
      }
    },
    REMOVE_FROM_A_LARGE_DIRECTORY {
      @Override
      void on(Nodes nodes) {
        nodes.at("/many").unlink("name7");
      }
    },
    RENAME_A_DEEP_DIRECTORY {
      @Override
      void on(Nodes nodes) {
        nodes.at("/").rename("deep", nodes.at("/many"), "moved", Renaming.REPLACE);
      }
    },
    RENAME_INTO_A_DEEP_DIRECTORY {
      @Override
      void on(Nodes nodes) {
        nodes.at("/").rename("many", nodes.at(DEEPEST), "moved", Renaming.REPLACE);
      }
    },
    LIST {
      @Override
      void on(Nodes nodes) {
        assertThat(nodes.at("/many").entries(Long.MAX_VALUE)).hasSize(NAMES);
      }
    };

    abstract void on(Nodes nodes);
  }

  private static final String DEEPEST = "/deep" + "/a".repeat(200);

  private static List<String> names(FileSystem files) {
    return new ArrayList<>(files.freeze().files().paths().toList());
  }

  @ParameterizedTest
  @EnumSource
  void isDoneOrNotDoneWhereverItIsCut(Work work) {
    Cut cut = new Cut();
    FileSystem files =
        new FileSystem(
            List.of(new Mount("/", MemorySource.empty(1 << 20))),
            Map.of(),
            InstantSource.system(),
            cut);
    PathResolver paths = new PathResolver(files.root(), cut);
    Nodes nodes = path -> paths.resolve(files.root(), path, true).node();
    Node many = nodes.at("/").createDirectory("many", 0755);
    for (int i = 0; i < NAMES; i++) {
      many.createFile("name" + i, 0644);
    }
    Node at = nodes.at("/").createDirectory("deep", 0755);
    for (int i = 0; i < 200; i++) {
      at = at.createDirectory("a", 0755);
    }
    at.createFile("f", 0644);
    FileSystem.State before = files.freeze();
    List<String> namesBefore = names(files);

    work.on(nodes);
    List<String> namesAfter = names(files);
    int cuts = 0;
    for (boolean ended = false; !ended; cuts++) {
      cut.left = Long.MAX_VALUE;
      files.restore(before);
      cut.left = cuts;
      try {
        work.on(nodes);
        ended = true;
      } catch (StoppedException _) {
        assertThat(names(files)).isIn(namesBefore, namesAfter);
      }
    }
    assertThat(cuts).isGreaterThan(1);
    assertThat(names(files)).isEqualTo(namesAfter);
  }
}
