package io.hyperlight.internal.linux.procfs;

import io.hyperlight.internal.linux.fd.Descriptors;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.proc.ProcessAttributes;
import io.hyperlight.internal.linux.pseudo.MagicLink;
import io.hyperlight.internal.linux.pseudo.PseudoLines;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.linux.pseudo.PseudoText;
import io.hyperlight.internal.linux.task.GuestProcess;
import io.hyperlight.internal.linux.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Makes the files of {@code /proc/self}, and of {@code /proc/self/task} for each thread. */
final class ProcessFolder {
  /** How many inode numbers the files of a folder take, at most. */
  static final long INODES = 64 + 2 * (Descriptors.MAX + 1);

  private final GuestProcess process;
  private final ProgramFile program;
  private final SystemStatus system;
  private final MemoryTexts memory;

  ProcessFolder(GuestProcess process, ProgramFile program) {
    this.process = process;
    this.program = program;
    system = new SystemStatus(process);
    memory = new MemoryTexts(process.memory(), new MapsLine(process));
  }

  /**
   * Makes the files of a folder.
   *
   * @param firstInode the first of {@link #INODES} numbers
   * @param task returns the thread whose files they are
   */
  List<PseudoNode> nodes(String folder, long firstInode, Supplier<Task> task) {
    return new Maker(folder, firstInode, task).make();
  }

  private final class Maker {
    private final String folder;
    private final Supplier<Task> task;
    private final List<PseudoNode> nodes = new ArrayList<>(32);
    private long nextInode;

    Maker(String folder, long firstInode, Supplier<Task> task) {
      this.folder = folder;
      this.task = task;
      nextInode = firstInode;
    }

    List<PseudoNode> make() {
      ProcessFiles own = process.files();
      ProcessStatus status = new ProcessStatus(process, task);
      add(new ProgramFile.Link(folder, nextInode++, program));
      add(new MagicLink(folder + "/cwd", nextInode++, own::workingDirectory));
      add(new MagicLink(folder + "/root", nextInode++, () -> own.paths().root()));
      plain("/cmdline", () -> String.join("\0", process.program().identity().arguments()) + "\0");
      ProcessAttributes attributes = process.attributes();
      add(
          new PseudoText(
              folder + "/comm",
              nextInode++,
              PseudoText.Kind.SEQUENCE,
              status::comm,
              name -> task.get().attributes().rename(name)));
      plain("/environ", () -> "");
      plain("/auxv", process.program()::auxiliaryVector);
      text("/cgroup", () -> "0::/\n");
      text("/io", ProcessStatus::transfers);
      text("/limits", status::limits);
      text("/mounts", system::mounts);
      text("/mountinfo", system::mountInformation);
      text("/oom_score", () -> "0\n");
      add(
          new PseudoText(
              folder + "/oom_score_adj",
              nextInode++,
              PseudoText.Kind.PLAIN,
              () -> attributes.state().badness() + "\n",
              attributes::setBadness));
      text("/personality", () -> "00000000\n");
      text("/stat", status::stat);
      text("/statm", status::statm);
      text("/status", status::status);
      text("/wchan", () -> "0");
      lines("/maps", memory::nextMapping);
      lines("/smaps", memory::nextDetails);
      add(new DescriptorDirectory(folder + "/fd", nextInode, own));
      nextInode += Descriptors.MAX + 1;
      add(new DescriptorStatus(folder + "/fdinfo", nextInode, own));
      nextInode += Descriptors.MAX + 1;
      return nodes;
    }

    private void add(PseudoNode node) {
      nodes.add(node);
    }

    private void lines(String name, PseudoLines.Source source) {
      add(new PseudoLines(folder + name, nextInode++, process.world().checkpoint(), source));
    }

    private void text(String name, Supplier<String> text) {
      add(new PseudoText(folder + name, nextInode++, PseudoText.Kind.SEQUENCE, text, null));
    }

    private void plain(String name, Supplier<String> text) {
      add(new PseudoText(folder + name, nextInode++, PseudoText.Kind.PLAIN, text, null));
    }
  }
}
