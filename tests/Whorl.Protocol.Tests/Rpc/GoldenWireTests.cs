using System.Text.Json;
using Whorl.P2P;
using Whorl.Protocol.Rpc;
using Whorl.Testing;

namespace Whorl.Protocol.Tests.Rpc;

/// <summary>The bytes of real p2pd processes, inside the encrypted connection.</summary>
public sealed class GoldenWireTests : RpcTestBase
{
    private static readonly byte[] CallId = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
    private static readonly Google.Protobuf.ByteString CallIdField = Google.Protobuf.ByteString.CopyFrom(CallId);

    [Fact]
    public void A_request_an_answer_and_an_error_have_the_golden_bytes()
    {
        PeerId callee = PeerId.Parse("QmNV5G3hq2UmAck2htEgsqrmPFBff5goFZAdmKDcZLBZLX");
        byte[] uid = Convert.FromHexString("0a13626c6f6f6d2d3536306d2d706574616c732e30");

        Assert.Equal(
            "760a10000102030405060708090a0b0c0d0e0f1a620a221220022867f25450dd1a3cd92741ecfdff5e68f8d62daca9d58fa339275dd30fb56c1225"
            + "5472616e73666f726d6572436f6e6e656374696f6e48616e646c65722e7270635f696e666f1a150a13626c6f6f6d2d3536306d2d706574616c732e30",
            Hex(UnaryMessage.Request(CallId, callee, "TransformerConnectionHandler.rpc_info", uid)));
        Assert.Equal(
            "1c0a10000102030405060708090a0b0c0d0e0f22080a060a0481a16101",
            Hex(UnaryMessage.Response(CallIdField, Convert.FromHexString("0a0481a16101"))));
        Assert.Equal(
            "230a10000102030405060708090a0b0c0d0e0f220f120d4b65794572726f722827782729", Hex(
                UnaryMessage.Error(CallIdField, "KeyError('x')")));
        Assert.EndsWith("22020a00", Hex(UnaryMessage.Response(CallIdField, default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_answers_what_p2pd_sends_with_the_bytes_that_p2pd_took()
    {
        foreach (JsonElement item in Read("wire-p2pd-dials-js.json"))
        {
            string method = item.GetProperty("protocol").GetString()!;
            byte[] sent = Convert.FromHexString(item.GetProperty("sent").GetString()!);
            byte[] received = Convert.FromHexString(item.GetProperty("all").GetString()!);
            byte[] request = [];
            if (method.EndsWith("rpc_inference", StringComparison.Ordinal))
            {
                Server.HandleStream(method, async (call, token) =>
                {
                    request = (await call.ReceiveAsync(token))!.Value.ToArray();
                    throw new RpcErrorException("boom");
                });
                Assert.Equal(sent, await ExchangeAsync(method, received));
                Assert.Equal(received[9..], request);
            }
            else
            {
                byte[] response = UnaryMessage.ParseResponse(sent.AsSpan(1)).ToArray();
                Server.HandleUnary(method, (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(response));
                Assert.Equal(sent, await ExchangeAsync(method, received));
            }
        }
    }

    [Fact]
    public async Task Right_and_wrong_unary_requests_end_as_they_do_at_p2pd()
    {
        int compared = 0;
        foreach (JsonElement item in Read("wire-js-dials-p2pd.json").Where(
            item => item.GetProperty("name").GetString()!.Contains("/unary ", StringComparison.Ordinal)))
        {
            // A half close after a ping that is already answered shows nothing but a race.
            string name = item.GetProperty("name").GetString()!;
            if (name.EndsWith("half-closed after the request", StringComparison.Ordinal))
            {
                continue;
            }

            string method = item.GetProperty("protocol").GetString()!;
            byte[] sent = [.. item.GetProperty("sent").EnumerateArray().SelectMany(part => Convert.FromHexString(part.GetString()!))];
            byte[] expected = Convert.FromHexString(item.GetProperty("received").GetString()!);
            bool halfClosed = item.TryGetProperty("halfClosed", out _);
            Server.HandleUnary(method, async (_, _, token) =>
            {
                if (halfClosed)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token); // what takes long enough to be cancelled
                }

                return Answer(expected);
            });

            Assert.Equal(expected, await ExchangeAsync(method, sent, halfClosed) ?? []);
            Server.Unhandle(method);
            compared++;
        }

        Assert.True(compared >= 14, $"{compared} cases");
    }

    [Fact]
    public async Task Recorded_streams_are_answered_with_the_recorded_frames()
    {
        foreach (JsonElement item in Read("wire-js-dials-p2pd.json").Where(
            item => item.GetProperty("name").GetString()!.Contains("/stream ", StringComparison.Ordinal)))
        {
            if (item.GetProperty("ended").GetString() != "EOF")
            {
                continue;
            }

            string method = item.GetProperty("protocol").GetString()!;
            byte[] sent = [.. item.GetProperty("sent").EnumerateArray().SelectMany(part => Convert.FromHexString(part.GetString()!))];
            byte[] expected = Convert.FromHexString(item.GetProperty("received").GetString()!);
            Server.HandleStream(method, async (call, token) =>
            {
                ReadOnlyMemory<byte>? request = await call.ReceiveAsync(token);
                Assert.NotNull(request);
                await ReplayAsync(expected, call, token);
            });

            Assert.Equal(expected, await ExchangeAsync(method, sent));
            Server.Unhandle(method);
        }
    }

    private static ReadOnlyMemory<byte> Answer(byte[] delimited)
    {
        int prefix = 1;
        while (delimited[prefix - 1] >= 0x80)
        {
            prefix++;
        }

        return UnaryMessage.ParseResponse(delimited.AsSpan(prefix));
    }

    private static async Task ReplayAsync(byte[] frames, RpcServerCall call, CancellationToken token)
    {
        for (int at = 0; at < frames.Length;)
        {
            int length = (int)System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(frames.AsSpan(at + 1));
            ReadOnlyMemory<byte> payload = frames.AsMemory(at + Frame.HeaderBytes, length);
            if (frames[at] == Frame.ErrorMarker)
            {
                throw new RpcErrorException(FrameCodec.ErrorText(new Frame(true, payload)));
            }

            await call.SendAsync(payload, token);
            at += Frame.HeaderBytes + length;
        }
    }

    private static List<JsonElement> Read(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.PathOf("golden", "petals", name)));
        return [.. document.RootElement.EnumerateArray().Select(item => item.Clone())];
    }
}
