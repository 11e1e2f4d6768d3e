import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

/** Answers every GET at the port that it is given, 0 for any, and says at which; calls `tick` for a debugger to stop it there. */
public final class Server {
    private static long ticks;

    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), 0);

        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        System.out.println("answers at " + server.getAddress().getPort());
        while (true) {
            tick();
            Thread.sleep(20);
        }
    }

    private static void tick() {
        ticks++;
    }
}
