using System.Buffers.Binary;
using Whorl.P2P;
using Whorl.Protocol.Rpc;

namespace Whorl.Protocol.Tests.Rpc;

/// <summary>What requests of many callers may hold together, and what becomes of those that are begun and not ended.</summary>
public sealed class LongRequestTests : RpcTestBase
{
    private const string Method = "Test.rpc_long";

    [Fact]
    public async Task Requests_that_are_begun_and_not_ended_are_given_up_and_make_room_for_others()
    {
        Server.HandleStream(Method, async (call, token) =>
        {
            while (await call.ReceiveAsync(token) is { } message)
            {
                await call.SendAsync(BitConverter.GetBytes(message.Length), token);
            }
        });
        List<PeerStream> unfinished = [];
        for (long held = 0; held < RpcLimits.MaxServerRequestBytes; held += RpcLimits.MaxRequestBytes) // in memory a stream is a connection of its own
        {
            PeerStream stream = await Near.DialAsync(Far.Id, Method, Token);
            await stream.WriteAsync(Header(RpcLimits.MaxFrameBytes), Token);
            await stream.WriteAsync(new byte[100_000], Token);
            unfinished.Add(stream);
        }

        await Eventually(() => Clock.PendingTimers == unfinished.Count); // each is waited for
        await using RpcCall small = await OpenAsync(Method), great = await OpenAsync(Method);
        await small.SendAsync(new byte[1000], Token);
        Assert.Equal(1000, BitConverter.ToInt32((await small.ReceiveAsync(Token))!.Value.Span));
        await great.SendAsync(new byte[200_000], Token);
        Task<ReadOnlyMemory<byte>?> answer = great.ReceiveAsync(Token).AsTask();
        Assert.False(answer.IsCompleted); // there is no room

        Clock.Advance(RpcLimits.StallTimeout);

        Assert.Equal(200_000, BitConverter.ToInt32((await answer)!.Value.Span));
        foreach (PeerStream stream in unfinished)
        {
            await Assert.ThrowsAnyAsync<IOException>(async () => Assert.NotEqual(0, await stream.ReadAsync(new byte[1], Token)));
            await stream.DisposeAsync();
        }
    }

    private static byte[] Header(long length)
    {
        byte[] header = new byte[Frame.HeaderBytes];
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(1), length);
        return header;
    }
}
