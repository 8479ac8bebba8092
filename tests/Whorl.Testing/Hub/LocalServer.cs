using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Whorl.Testing;

/// <summary>An HTTP server on this machine that says exactly what a test wants, and can stop in the middle of it.</summary>
public sealed class LocalServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<HubRequest, HubAnswer> _answer;
    private readonly Task _loop;

    public LocalServer(Func<HubRequest, HubAnswer> answer)
    {
        _answer = answer;
        _listener.Start();
        _loop = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient held = client;
        try
        {
            await using NetworkStream stream = client.GetStream();
            if (await ReadRequestAsync(stream) is { } request)
            {
                await WriteAnswerAsync(stream, request, _answer(request));
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // The client went away, or the test is over.
            return;
        }
    }

    private async Task<HubRequest?> ReadRequestAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int count = await stream.ReadAsync(buffer, _stop.Token);
            if (count == 0)
            {
                return null;
            }

            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        string[] lines = text.ToString().Split("\r\n");
        string[] first = lines[0].Split(' ');
        Dictionary<string, string> headers = lines.Skip(1).Where(line => line.Contains(':'))
            .ToDictionary(line => line.Split(':')[0].ToLowerInvariant(), line => line[(line.IndexOf(':') + 1)..].Trim());
        return new HubRequest(first[0], first[1], headers);
    }

    private async Task WriteAnswerAsync(NetworkStream stream, HubRequest request, HubAnswer answer)
    {
        long length = answer.ToldLength ?? answer.Body.Length;
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} Test\r\nConnection: close\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
        foreach ((string name, string value) in answer.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), _stop.Token);
        if (request.Method == "HEAD")
        {
            return;
        }

        await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.CutAfter ?? answer.Body.Length, answer.Body.Length)), _stop.Token);
        await stream.FlushAsync(_stop.Token);
        if (answer.Silent)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
        }
    }
}
