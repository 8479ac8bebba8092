using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SwarmBench;

/// <summary>
/// What a token's way there and back costs on this machine without any of our code: as many bytes over TCP on loopback, asynchronously, plain and in TLS, to
/// somebody who reads as much memory in between as a block's weights take. The time of that is left out, but not what it does to the caches.
/// </summary>
internal static class BareSockets
{
    private const int WarmUp = 500, RoundTrips = 3000, MessageBytes = (ThinModel.HiddenSize * sizeof(float)) + 64;

    /// <returns>Median microseconds of a round trip.</returns>
    public static async Task<double> MeasureAsync(bool isEncrypted)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket dialled = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await dialled.ConnectAsync(listener.LocalEndPoint!);
        using Socket accepted = await listener.AcceptAsync();
        accepted.NoDelay = true;
        using X509Certificate2 certificate = Certificate();
        await using Stream client = StreamOf(dialled, isEncrypted, certificate), server = StreamOf(accepted, isEncrypted, expected: null);
        if (client is SslStream tls)
        {
            await Task.WhenAll(
                tls.AuthenticateAsClientAsync("bench"),
                ((SslStream)server).AuthenticateAsServerAsync(certificate));
        }

        double[] reading = new double[1]; // microseconds of the last round trip
        Task echo = EchoAsync(server, reading);
        byte[] message = new byte[MessageBytes];
        double[] took = new double[RoundTrips];
        for (int i = -WarmUp; i < RoundTrips; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await client.WriteAsync(message);
            await client.ReadExactlyAsync(message);
            if (i >= 0)
            {
                took[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds - reading[0];
            }
        }

        dialled.Shutdown(SocketShutdown.Send);
        await echo;
        Array.Sort(took);
        return took[RoundTrips / 2];
    }

    private static Stream StreamOf(Socket socket, bool isEncrypted, X509Certificate2? expected) => isEncrypted
        ? new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false, (_, remote, _, _) => expected is null || expected.Equals(remote))
        : new NetworkStream(socket);

    private static async Task EchoAsync(Stream stream, double[] reading)
    {
        byte[] message = new byte[MessageBytes];
        int[] weights = new int[ThinModel.BlockValues];
        while (await stream.ReadAtLeastAsync(message, MessageBytes, throwOnEndOfStream: false) == MessageBytes)
        {
            long start = Stopwatch.GetTimestamp();
            if (weights.Sum() != 0)
            {
                throw new InvalidOperationException("zeros have a sum");
            }

            reading[0] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;

            await stream.WriteAsync(message);
        }
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=bench", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
