using Whorl.Models;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Testing;
using Whorl.Testing.Petals;

namespace Whorl.Server.Tests.Petals;

/// <summary>Recorded requests with some bytes changed: each gets an answer or an error about the request, and leaves nothing behind.</summary>
public class MutatedRequestTests
{
    private const string Handlers = "TransformerConnectionHandler.";

    [Theory]
    [InlineData("rpc_info")]
    [InlineData("rpc_forward")]
    [InlineData("rpc_forward_stream")]
    [InlineData("rpc_backward")]
    [InlineData("rpc_backward_stream")]
    [InlineData("rpc_inference")]
    [InlineData("rpc_push")]
    public async Task Any_bytes_get_an_answer_or_an_error_about_them(string method)
    {
        TranscriptCall[] calls = [.. Transcript.Load("v2.2.0").Calls.Where(c => c.Method == Handlers + method && c.Error is null)];
        PeerId server = PeerId.Parse(calls[0].Callee);
        byte[][] requests =
        [
            .. calls.Where(c => c.Callee == calls[0].Callee).Select(c => c.Requests.First()).Where(r => r.Length < 40_000).DistinctBy(Convert.ToBase64String).Take(12),
        ];
        await using ReplaySwarm swarm = new(ReplaySwarm.ModelPath("tiny-llama"));
        swarm.Add(server, server == ReplaySwarm.ServerA ? new BlockRange(0, 1) : new BlockRange(2, 3));
        RpcClient client = new(swarm.Client, TimeProvider.System);
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        bool streams = method.EndsWith("_stream", StringComparison.Ordinal) || method == "rpc_inference";
        Random random = new(1);
        foreach (byte[] request in requests.SelectMany(request => Mutations(request, random)))
        {
            string? error = await (streams ? StreamAsync(client, server, method, request, limit.Token) : CallAsync(client, server, method, request, limit.Token));
            Assert.False(error?.EndsWith(" in the handler", StringComparison.Ordinal) == true, $"{error}: {Convert.ToHexString(request)}");
        }

        Assert.Equal(0, swarm[0].Budget.Taken);
    }

    private static async Task<string?> CallAsync(RpcClient client, PeerId server, string method, byte[] request, CancellationToken cancellationToken)
    {
        try
        {
            await client.CallAsync(server, Handlers + method, request, TimeSpan.FromMinutes(1), cancellationToken);
            return null;
        }
        catch (RpcErrorException e)
        {
            return e.Message;
        }
    }

    private static async Task<string?> StreamAsync(RpcClient client, PeerId server, string method, byte[] request, CancellationToken cancellationToken)
    {
        await using RpcCall call = await client.OpenAsync(server, Handlers + method, TimeSpan.FromMinutes(1), cancellationToken);
        await call.SendAsync(request, cancellationToken);
        await call.CompleteAsync(cancellationToken);
        try
        {
            await foreach (ReadOnlyMemory<byte> _ in call.ReceiveAllAsync(cancellationToken))
            {
                // whatever it computed
            }

            return null;
        }
        catch (RpcErrorException e)
        {
            return e.Message;
        }
    }

    /// <summary>Changes at either end, where the fields are that say what lies between.</summary>
    private static IEnumerable<byte[]> Mutations(byte[] request, Random random)
    {
        int head = Math.Min(48, request.Length), tail = Math.Max(head, request.Length - 160);
        foreach (byte[] changed in Fuzz.Mutations(request[..head], 20, random))
        {
            yield return [.. changed, .. request[head..]];
        }

        foreach (byte[] changed in Fuzz.Mutations(request[tail..], 20, random))
        {
            yield return [.. request[..tail], .. changed];
        }
    }
}
