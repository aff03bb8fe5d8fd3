import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the hardware lane's tests with the JDK that this program runs on, which Maven has found and
 * tells no script. The arguments are the script's; the first may also be {@code off}.
 */
final class HardwareLane {
  void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments[0].equals("off")) {
      return;
    }
    List<String> command = new ArrayList<>(List.of("../tools/hardware-lane/tests"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process tests = builder.start();
    // Whoever ends the build ends the emulated machines.
    Runtime.getRuntime().addShutdownHook(new Thread(tests::destroy));
    System.exit(tests.waitFor());
  }
}
