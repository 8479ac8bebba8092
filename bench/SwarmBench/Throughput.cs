using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Whorl.P2P;

namespace SwarmBench;

/// <summary>1 GiB through one stream of a host, against the same bytes through TLS over TCP without anything of ours, in the same run.</summary>
internal static class Throughput
{
    private const long Total = 1L << 30;
    private const int ChunkBytes = 1 << 20;

    public static async Task MeasureAsync(CancellationToken cancellationToken)
    {
        double raw = await MeasureTlsAsync(cancellationToken);
        foreach (SecurityKind security in (SecurityKind[])[SecurityKind.Tls, SecurityKind.Noise])
        {
            double ours = await MeasureYamuxAsync(security, cancellationToken);
            Console.WriteLine($"1 GiB through one yamux stream over {security}: {ours:F0} MiB/s, {ours / raw:P0} of {raw:F0} MiB/s through TLS over TCP");
        }
    }

    private static async Task<double> MeasureYamuxAsync(SecurityKind security, CancellationToken cancellationToken)
    {
        await using Libp2pHost server = await Loopback.StartAsync(security);
        await using Libp2pHost client = await Loopback.StartAsync(security);
        server.Handle("/sink/1", DrainAsync);
        await using PeerStream stream = await client.DialAsync(Loopback.AddressOf(server), "/sink/1", cancellationToken);
        return await PumpAsync(stream, cancellationToken);
    }

    private static async Task<double> MeasureTlsAsync(CancellationToken cancellationToken)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=bench", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using TcpClient client = new();
        Task<TcpClient> accepting = listener.AcceptTcpClientAsync(cancellationToken).AsTask();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, cancellationToken);
        using TcpClient accepted = await accepting;
        await using SslStream far = new(accepted.GetStream());
        await using SslStream near = new(client.GetStream(), false, (_, presented, _, _) => certificate.Equals(presented));
        Task answering = far.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken);
        await near.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "bench" }, cancellationToken);
        await answering;
        Task draining = DrainAsync(far, cancellationToken);
        double rate = await PumpAsync(near, cancellationToken);
        await draining;
        return rate;
    }

    /// <summary>Sends, and waits for the one byte that says all has come.</summary>
    /// <returns>MiB a second.</returns>
    private static async Task<double> PumpAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] chunk = new byte[ChunkBytes];
        long start = Stopwatch.GetTimestamp();
        for (long sent = 0; sent < Total; sent += ChunkBytes)
        {
            await stream.WriteAsync(chunk, cancellationToken);
        }

        await stream.ReadExactlyAsync(chunk.AsMemory(0, 1), cancellationToken);
        return Total / 1048576.0 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[ChunkBytes];
        for (long left = Total; left > 0;)
        {
            int read = await stream.ReadAsync(buffer, cancellationToken);
            left -= read > 0 ? read : throw new EndOfStreamException($"{left} bytes are missing");
        }

        await stream.WriteAsync(buffer.AsMemory(0, 1), cancellationToken);
    }
}
