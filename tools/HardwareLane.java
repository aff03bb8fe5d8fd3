import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the tests of the hardware lane with the JDK of this program. Maven finds this JDK, but does
 * not tell scripts about it. The arguments are those of the script. The first can also be {@code
 * off}.
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
    // The emulated machines must end with the build.
    Runtime.getRuntime().addShutdownHook(new Thread(tests::destroy));
    System.exit(tests.waitFor());
  }
}
