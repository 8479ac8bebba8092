using System.Text.Json;
using Whorl.P2P.Multistream;
using Whorl.Testing;

namespace Whorl.P2P.Tests.Multistream;

public sealed class MultistreamSelectTests
{
    private static readonly string[] Security = ["/noise", "/tls/1.0.0"];

    [Fact]
    public async Task The_listener_answers_as_the_recorded_one_does()
    {
        using JsonDocument recorded = JsonDocument.Parse(await File.ReadAllTextAsync(ReferenceData.PathOf("golden", "petals", "wire-before-encryption.json")));
        int replayed = 0;
        foreach (JsonElement conversation in recorded.RootElement.EnumerateArray())
        {
            if (!conversation.TryGetProperty("log", out JsonElement log))
            {
                continue;
            }

            await using Duplex duplex = await Duplex.CreateAsync();
            Task listening = ListenAndCloseAsync(duplex.Far);
            foreach (JsonElement line in log.EnumerateArray())
            {
                string text = line[1].GetString()!;
                if (line[0].GetString() == "us")
                {
                    bool cut = text.EndsWith('…'); // the recording shows the start of a token of 1100 bytes
                    await duplex.Near.WriteAsync(Convert.FromHexString(cut ? text[..^1] : text));
                }
                else if (text == "EOF")
                {
                    await Assert.ThrowsAsync<WireFormatException>(() => listening);
                    Assert.Equal(0, await duplex.Near.ReadAsync(new byte[1]));
                }
                else if (text == "ConnectionResetError")
                {
                    await Assert.ThrowsAsync<WireFormatException>(() => listening);
                }
                else if (text != "nothing")
                {
                    byte[] answer = new byte[text.Length / 2];
                    await duplex.Near.ReadExactlyAsync(answer);
                    Assert.Equal(text, Convert.ToHexStringLower(answer));
                }
            }

            replayed++;
        }

        Assert.Equal(7, replayed);
    }

    [Fact]
    public async Task The_dialer_sends_header_and_first_proposal_together_and_the_next_after_a_refusal()
    {
        await using Duplex duplex = await Duplex.CreateAsync();
        Task<string> dialing = MultistreamSelect.DialAsync(duplex.Near, Security, default).AsTask();
        byte[] first = new byte[28];
        await duplex.Far.ReadExactlyAsync(first);
        Assert.Equal("132f6d756c746973747265616d2f312e302e300a072f6e6f6973650a", Convert.ToHexStringLower(first));
        await duplex.Far.WriteAsync(Convert.FromHexString("132f6d756c746973747265616d2f312e302e300a036e610a"));
        byte[] second = new byte[12];
        await duplex.Far.ReadExactlyAsync(second);
        Assert.Equal("0b2f746c732f312e302e300a", Convert.ToHexStringLower(second));
        await duplex.Far.WriteAsync(second);
        Assert.Equal("/tls/1.0.0", await dialing);
    }

    [Fact]
    public async Task Both_refused_is_told_as_not_supported()
    {
        await using Duplex duplex = await Duplex.CreateAsync();
        Task listening = ListenAndCloseAsync(duplex.Far, "/plaintext/2.0.0");
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(async () => await MultistreamSelect.DialAsync(duplex.Near, Security, default));
        await duplex.Near.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => listening);
    }

    [Fact]
    public async Task Three_pipelined_tokens_are_answered_one_by_one()
    {
        await using Duplex duplex = await Duplex.CreateAsync();
        Task listening = ListenAndCloseAsync(duplex.Far);
        await duplex.Near.WriteAsync("\u0013/multistream/1.0.0\n\u001d/libp2p/simultaneous-connect\n\u0007/noise\n"u8.ToArray());
        byte[] answers = new byte[20 + 4 + 8];
        await duplex.Near.ReadExactlyAsync(answers);
        Assert.Equal("\u0013/multistream/1.0.0\n\u0003na\n\u0007/noise\n"u8.ToArray(), answers);
        await listening;
    }

    [Fact]
    public async Task Any_bytes_end_the_listener_with_an_agreement_or_an_error_of_its_own()
    {
        Random random = new(5);
        byte[] valid = "\u0013/multistream/1.0.0\n\u0007/noisy\n\u0007/noise\n"u8.ToArray();
        for (int i = 0; i < 500; i++)
        {
            byte[] bytes = (byte[])valid.Clone();
            for (int changes = random.Next(3); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            await using Duplex duplex = await Duplex.CreateAsync();
            await duplex.Near.WriteAsync(bytes);
            await duplex.Near.CloseWriteAsync(default);
            Exception? e = await Record.ExceptionAsync(async () => await MultistreamSelect.ListenAsync(duplex.Far, Security.Contains, default));
            Assert.True(e is null or WireFormatException or EndOfStreamException, e?.ToString());
        }
    }

    private static async Task ListenAndCloseAsync(PeerStream stream, string? only = null)
    {
        try
        {
            await MultistreamSelect.ListenAsync(stream, only is null ? Security.Contains : only.Equals, default);
        }
        catch (WireFormatException)
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
